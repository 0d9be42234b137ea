// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.remote.DomainUndefineFlags;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Tools;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.LoopDevice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A domain is defined with devices and volumes that were there, over which its disks were written. */
@ExtendWith(LibvirtdExtension.class)
class DefineOnPlacesIT {
    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private Libvirtd libvirtd;
    private Scene scene;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(libvirtd, folder);
    }

    private HostRestoreResult restore(HostRestoreRequest request) {
        try (Libvirt libvirt = scene.connect()) {
            return scene.restore(libvirt, request);
        }
    }

    private static HostRestoreRequest to(Point point, Map<String, String> places) {
        return HostRestoreRequest.of(point, new RestoreTarget.Existing(places));
    }

    /** Its definition, after it has run. */
    private String started(String name, DomainUndefineFlags... flags) {
        try (Libvirt libvirt = scene.connect()) {
            Domain domain = libvirt.domain(name).join();
            String xml = domain.xml(DomainXmlFlags.INACTIVE).join();
            domain.start().join();
            assertThat(domain.isActive().join()).isTrue();
            domain.destroy().join();
            domain.undefine(flags).join();
            return xml;
        }
    }

    @Test
    void itsDisksAreDevicesAndItsUefiVariablesLieWhereLibvirtPutsThem() throws Exception {
        Path truth = folder.resolve("vda.raw");
        Path own = libvirtd.directory().resolve("lib/qemu/nvram/device-uefi_VARS.fd");
        Path other = own.resolveSibling("device-copy_VARS.fd");
        Point point;
        byte[] variables;
        try (Guest guest = Guest.on(libvirtd, "device-uefi")
                .disk(GuestDisk.qcow2(4 * MIB).pattern(3))
                .uefi()
                .start()) {
            guest.pause();
            variables = Files.readAllBytes(guest.nvram());
            guest.copyDisk("vda", truth);
            point = scene.backup(BackupRequest.of(guest.name())).point();
        }
        Files.deleteIfExists(own);
        try (LoopDevice device = LoopDevice.of(folder.resolve("device"), 4 * MIB);
                LoopDevice second = LoopDevice.of(folder.resolve("second"), 4 * MIB)) {
            HostRestoreResult result =
                    restore(to(point, Map.of("vda", device.path().toString())).defining());

            assertThat(result.notices()).isEmpty();
            assertThat(result.defined().name()).isEqualTo("device-uefi");
            tools.compare(truth, device.path(), "raw");
            assertThat(own).hasBinaryContent(variables);

            HostRestoreResult copy =
                    restore(to(point, Map.of("vda", second.path().toString())).definingAs("device-copy"));
            assertThat(copy.notices()).isEmpty();
            assertThat(other).hasBinaryContent(variables);
            assertThat(started("device-copy", DomainUndefineFlags.NVRAM))
                    .contains("<source dev='" + second.path() + "'/>")
                    .contains("/var/lib/libvirt/qemu/nvram/device-copy_VARS.fd</nvram>");

            // Whose device it is, even if that does not run.
            assertThatThrownBy(() -> restore(
                            to(point, Map.of("vda", device.path().toString())).definingAs("device-third")))
                    .hasMessage("domain device-uefi has device " + device.path()
                            + " as its disk vda: choose another device");
            Path alias = Files.createSymbolicLink(folder.resolve("alias"), device.path());
            assertThatThrownBy(() ->
                            restore(to(point, Map.of("vda", alias.toString())).definingAs("device-third")))
                    .hasMessage("domain device-uefi has device " + alias + " as its disk vda: choose another device");
            assertThat(started("device-uefi", DomainUndefineFlags.NVRAM))
                    .contains("<disk type='block' device='disk'>")
                    .contains("<source dev='" + device.path() + "'/>")
                    .contains("<driver name='qemu' type='raw'");
        }
    }

    /** The folder of libvirt's state is another one for the libvirtd of a test. */
    @Test
    void aDeviceThatTheHostDoesNotKnowIsRefusedWithItsReason() throws Exception {
        Path unseen = Path.of(
                "/var/lib/libvirt/virtwire-unseen-" + ProcessHandle.current().pid());
        try (Guest guest = Guest.on(libvirtd, "device-seen")
                        .disk(GuestDisk.qcow2(4 * MIB).pattern(2))
                        .start();
                LoopDevice device = LoopDevice.of(folder.resolve("device"), 4 * MIB);
                Libvirt libvirt = scene.connect()) {
            Point point = scene.backup(BackupRequest.of(guest.name())).point();
            Files.createSymbolicLink(unseen, device.path());

            assertThatThrownBy(() ->
                            restore(to(point, Map.of("vda", unseen.toString())).definingAs("device-unseen")))
                    .hasMessageContaining(" does not see device " + unseen + " as this machine does: ")
                    .hasMessageContaining("o such file or directory")
                    .hasMessageNotContaining("another machine");
            assertThat(libvirt.domains().join()).extracting(Domain::name).doesNotContain("device-unseen");
        } finally {
            Files.deleteIfExists(unseen);
        }
    }

    /** There is no place for it beside a device. */
    @Test
    void aMediumStaysInItsDriveIfTheHostHasItAndElseInThePoint() throws Exception {
        Path iso = Files.write(libvirtd.directory().resolve("device-seed.iso"), new byte[300 << 10]);
        try (Guest guest = Guest.on(libvirtd, "device-medium")
                        .disk(GuestDisk.qcow2(4 * MIB).pattern(2))
                        .device("<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='" + iso
                                + "'/><target dev='hda' bus='ide'/><readonly/></disk>")
                        .start();
                LoopDevice device = LoopDevice.of(folder.resolve("device"), 4 * MIB);
                LoopDevice second = LoopDevice.of(folder.resolve("second"), 4 * MIB)) {
            Point point = scene.backup(BackupRequest.of(guest.name())).point();

            HostRestoreResult kept =
                    restore(to(point, Map.of("vda", device.path().toString())).definingAs("device-medium-kept"));
            assertThat(kept.notices()).isEmpty();
            assertThat(started("device-medium-kept")).contains("<source file='" + iso + "'/>");

            Files.delete(iso);
            HostRestoreResult lacking =
                    restore(to(point, Map.of("vda", second.path().toString())).definingAs("device-medium-lacking"));
            assertThat(lacking.notices())
                    .extracting(Notice::text)
                    .singleElement()
                    .asString()
                    .startsWith("drive hda of domain device-medium-lacking is empty, since its medium " + iso
                            + " is not on ")
                    .endsWith(": the point has it, as " + point.folder().resolve("hda.medium"));
            assertThat(started("device-medium-lacking")).doesNotContain(iso.toString());
        }
    }

    @Test
    void aVolumeIsTheFileThatItIs() throws Exception {
        Path volumes = Files.createTempDirectory(libvirtd.directory(), "volumes");
        Path volume = Files.write(volumes.resolve("there.img"), new byte[(int) (4 * MIB)]);
        Path truth = folder.resolve("vda.raw");
        List<String> virsh = List.of("virsh", "--quiet", "--connect", libvirtd.unixUri());
        tools.run(with(virsh, "pool-create-as", "places", "dir", "--target", volumes.toString()));
        try (Guest guest = Guest.on(libvirtd, "on-volume")
                .disk(GuestDisk.qcow2(4 * MIB).pattern(5))
                .start()) {
            guest.copyDisk("vda", truth);
            Point point = scene.backup(BackupRequest.of(guest.name())).point();

            HostRestoreResult result =
                    restore(to(point, Map.of("vda", "places/there.img")).definingAs("on-volume-copy"));

            assertThat(result.notices()).extracting(Notice::text).isEmpty();
            assertThat(Files.mismatch(truth, volume)).isEqualTo(-1);
            assertThat(started("on-volume-copy")).contains("<source file='" + volume + "'/>");

            try (Libvirt far = Libvirt.connect(libvirtd.tcpUri()).join()) {
                Domain holder = far.defineDomain("<domain type='qemu'><name>volume-holder</name>"
                                + "<memory unit='MiB'>64</memory><os><type arch='x86_64'>hvm</type></os><devices>"
                                + "<disk type='volume' device='disk'><source pool='places' volume='there.img'/>"
                                + "<target dev='vdq' bus='virtio'/></disk></devices></domain>")
                        .join();
                assertThatThrownBy(() -> scene.restore(
                                far,
                                to(point, Map.of("vda", "places/there.img")).definingAs("on-volume-third")))
                        .hasMessageStartingWith("domain volume-holder has volume ")
                        .hasMessageEndingWith(" as its disk vdq: choose another volume");
                holder.undefine().join();
            }
        } finally {
            tools.run(with(virsh, "pool-destroy", "places"));
        }
    }

    @Test
    void nothingIsOverwrittenForADomainThatCannotBe() throws Exception {
        try (LoopDevice device = LoopDevice.of(folder.resolve("device"), 4 * MIB);
                Guest guest = Guest.on(libvirtd, "on-refused")
                        .disk(GuestDisk.qcow2(4 * MIB).pattern(7))
                        .start()) {
            Point point = scene.backup(BackupRequest.of(guest.name())).point();
            HostRestoreRequest request = to(point, Map.of("vda", device.path().toString()));
            guest.destroy();

            assertThatThrownBy(() -> restore(request.defining()))
                    .hasMessage("domain on-refused is defined already: allow replacing, or choose another name");
            assertThatThrownBy(() -> restore(request.definingAs(guest.name())))
                    .hasMessage("a domain named on-refused exists already: choose another name");
            try (Libvirt far = Libvirt.connect(libvirtd.tcpUri()).join()) {
                assertThatThrownBy(() -> scene.restore(far, request.definingAs("on-far")))
                        .hasMessageStartingWith("a domain is defined where its disks are");
            }
            tools.compare(Files.write(folder.resolve("zeros"), new byte[(int) (4 * MIB)]), device.path(), "raw");
        }
    }

    private static List<String> with(List<String> command, String... arguments) {
        List<String> all = new ArrayList<>(command);
        all.addAll(Arrays.asList(arguments));
        return all;
    }
}
