// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.backup.internal.host.HostReferences;
import dev.virtwire.backup.internal.host.References;
import dev.virtwire.backup.internal.host.References.Kind;
import dev.virtwire.backup.internal.host.References.Reference;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.remote.DomainUndefineFlags;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.manifest.PointFile;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What makes a guest besides its disks is in a point, and comes back with them. */
@ExtendWith(LibvirtdExtension.class)
class WholeGuestIT {
    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private Libvirtd libvirtd;
    private Scene scene;
    private Path out;

    @BeforeEach
    void prepare(Libvirtd shared) throws Exception {
        libvirtd = shared;
        scene = new Scene(libvirtd, folder);
        out = Files.createTempDirectory(libvirtd.directory(), "out").resolve("images");
    }

    private Guest.Builder guest(String name) {
        return Guest.on(libvirtd, name).disk(GuestDisk.qcow2(4 * MIB).pattern(1));
    }

    private String virsh(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("virsh", "--quiet", "--connect", libvirtd.unixUri()));
        command.addAll(List.of(arguments));
        return tools.run(command);
    }

    private HostRestoreRequest to(Point point) {
        return HostRestoreRequest.of(point, RestoreTarget.Files.in(out));
    }

    private HostRestoreResult restore(HostRestoreRequest request) {
        return restore(scene, request);
    }

    private HostRestoreResult restore(Scene where, HostRestoreRequest request) {
        try (Libvirt libvirt = where.connect()) {
            return where.restore(libvirt, request);
        }
    }

    private String definition(String name) {
        try (Libvirt libvirt = scene.connect()) {
            return libvirt.domain(name).join().xml(DomainXmlFlags.INACTIVE).join();
        }
    }

    /** Starts the domain, and ends and undefines it. */
    private void requireStarts(String name) {
        try (Libvirt libvirt = scene.connect()) {
            Domain domain = libvirt.domain(name).join();
            domain.start().join();
            assertThat(domain.isActive().join()).isTrue();
            domain.destroy().join();
            domain.undefine(DomainUndefineFlags.NVRAM).join();
        }
    }

    @Test
    void aSavedMemoryDoesNotOutliveARestoreInPlace() throws Exception {
        try (Guest guest = guest("whole-saved").start()) {
            Point point = scene.backup(BackupRequest.of(guest.name())).point();
            virsh("managedsave", guest.name());
            assertThatThrownBy(() -> restore(to(point).defining()))
                    .isInstanceOf(BackupException.class)
                    .hasMessage("domain whole-saved is defined already, and its next start resumes a saved memory"
                            + " (managed save), as if nothing had been restored: allow replacing, which discards that,"
                            + " or choose another name");
            assertThat(virsh("dominfo", guest.name())).containsPattern("Managed save: +yes");

            HostRestoreResult result = restore(to(point).defining().replacing());

            assertThat(texts(result.notices()))
                    .containsExactly("the saved memory of domain whole-saved (managed save) was discarded: its next"
                            + " start would have resumed that, and not what is restored");
            assertThat(virsh("dominfo", guest.name())).containsPattern("Managed save: +no");
            guest.start();
            assertThat(virsh("domstate", "--reason", guest.name())).contains("running (booted)");
            assertThat(virsh("domblklist", guest.name())).contains(out + "/whole-saved-vda.qcow2");
        }
    }

    @Test
    void aRestoreStandsThoughASavedMemoryCannotBeDiscarded() throws Exception {
        try (Guest guest = guest("whole-stuck").start()) {
            Point point = scene.backup(BackupRequest.of(guest.name())).point();
            virsh("managedsave", guest.name());
            Path image = libvirtd.directory().resolve("lib/qemu/save/whole-stuck.save");
            Path moved = Files.move(image, image.resolveSibling("whole-stuck.moved"));
            // No file that can be deleted.
            Files.createDirectory(image);

            assertThatThrownBy(() -> restore(to(point).defining().replacing()))
                    .isInstanceOf(BackupException.class)
                    .hasMessageStartingWith("domain whole-stuck is restored, but it may have a saved memory (managed"
                            + " save), which could not be discarded: discard it before the next start, which would"
                            + " resume that: ")
                    .hasNoSuppressedExceptions();

            assertThat(definition(guest.name())).contains(out + "/whole-stuck-vda.qcow2");
            assertThat(out.resolve("whole-stuck-vda.qcow2")).exists();
            Files.delete(image);
            Files.move(moved, image);
            virsh("managedsave-remove", guest.name());
            guest.start();
        }
    }

    @Test
    void aDomainStartsWithItsHostIfItDid() throws Exception {
        Point point;
        try (Guest guest = guest("whole-auto").start()) {
            virsh("autostart", guest.name());
            virsh("desc", guest.name(), "--config", "--title", "Whole & well");
            point = scene.backup(BackupRequest.of(guest.name())).point();
            assertThat(point.manifest().domainXml().autostart()).isTrue();

            HostRestoreResult copy = restore(to(point).definingAs("whole-auto-copy"));
            assertThat(texts(copy.notices()))
                    .containsExactly("whole-auto starts with its host, and whole-auto-copy does not");
            assertThat(virsh("dominfo", "whole-auto-copy")).containsPattern("Autostart: +disable");
            virsh("undefine", "whole-auto-copy");

            virsh("autostart", "--disable", guest.name());
            virsh("destroy", guest.name());
            assertThat(restore(to(point).defining().replacing()).notices()).isEmpty();
            assertThat(virsh("dominfo", guest.name())).containsPattern("Autostart: +enable");
            virsh("start", guest.name());
        }
        assertThat(restore(to(point).defining().replacing()).notices()).isEmpty();
        assertThat(virsh("dominfo", "whole-auto")).containsPattern("Autostart: +enable");
        assertThat(definition("whole-auto")).contains("<title>Whole &amp; well</title>");
        virsh("undefine", "whole-auto");
    }

    @Test
    void aDiskThatWasAttachedToTheRunningDomainIsRestoredWithIt() throws Exception {
        Path truth = folder.resolve("vdc.raw");
        byte[] content = new byte[(int) MIB];
        new Random(7).nextBytes(content);
        Files.write(truth, content);
        Path added = libvirtd.directory().resolve("whole-live-added.qcow2");
        tools.run(List.of("qemu-img", "convert", "-O", "qcow2", truth.toString(), added.toString()));
        Point point;
        try (Guest guest = guest("whole-live").start()) {
            virsh("attach-disk", guest.name(), added.toString(), "vdc", "--live", "--subdriver", "qcow2");
            point = scene.backup(BackupRequest.of(guest.name())).point();
        }

        HostRestoreResult result = restore(to(point).defining());

        assertThat(texts(result.notices()))
                .containsExactly(
                        "disk vdc was attached to the running domain only, and the restored definition has it");
        tools.compare(truth, out.resolve("whole-live-vdc.qcow2"), "qcow2");
        assertThat(definition("whole-live")).contains("<source file='" + out + "/whole-live-vdc.qcow2'/>");
        requireStarts("whole-live");

        Path volumes = Files.createTempDirectory(libvirtd.directory(), "pool");
        virsh("pool-create-as", "whole-live-pool", "dir", "--target", volumes.toString());
        restore(HostRestoreRequest.of(point, new RestoreTarget.Pool("whole-live-pool"))
                .definingAs("whole-live-pooled"));
        assertThat(Files.mismatch(truth, volumes.resolve("whole-live-pooled-vdc.raw")))
                .isEqualTo(-1);
        assertThat(definition("whole-live-pooled")).contains("'" + volumes + "/whole-live-pooled-vdc.raw'");
        requireStarts("whole-live-pooled");
        virsh("pool-destroy", "whole-live-pool");
    }

    @Test
    void aSecondDomainStartsBesideTheFirst() throws Exception {
        Path log = libvirtd.directory().resolve("whole-first.log");
        Path agent = libvirtd.directory().resolve("whole-first.agent");
        try (Guest guest = guest("whole-first")
                .device("<graphics type='vnc' port='5987' autoport='no' listen='127.0.0.1'/>")
                .device("<serial type='file'><source path='" + log + "'/><target port='0'/></serial>")
                .device("<serial type='tcp'><source mode='bind' host='127.0.0.1' service='45871'/>"
                        + "<protocol type='raw'/><target port='1'/></serial>")
                .device("<channel type='unix'><source mode='bind' path='" + agent
                        + "'/><target type='virtio' name='org.qemu.guest_agent.0'/></channel>")
                .device("<interface type='ethernet'><target dev='tap-whole'/></interface>")
                .start()) {
            Point point = scene.backup(BackupRequest.of(guest.name())).point();

            HostRestoreResult result = restore(to(point).definingAs("whole-second"));

            assertThat(texts(result.notices()))
                    .containsExactlyInAnyOrder(
                            "libvirt chooses where VNC of whole-second listens: whole-first has a fixed port",
                            "serial port 0 of whole-second is a pseudoterminal: whole-first has " + log,
                            "serial port 1 of whole-second is a pseudoterminal: whole-first has port 45871",
                            "channel org.qemu.guest_agent.0 of whole-second is a socket that libvirt names:"
                                    + " whole-first has " + agent);
            assertThat(guest.state()).isEqualTo("running");
            requireStarts("whole-second");
        }
    }

    @Test
    void smallMediaAreRestoredAndDrivesOfOthersAreEmpty() throws Exception {
        byte[] seed = new byte[400 << 10];
        new Random(3).nextBytes(seed);
        Path iso = Files.write(libvirtd.directory().resolve("whole-seed.iso"), seed);
        Path floppy = Files.write(libvirtd.directory().resolve("whole-floppy.img"), new byte[1440 << 10]);
        Path large = libvirtd.directory().resolve("whole-large.iso");
        Files.write(large, new byte[3 << 20]);
        try (Guest guest = guest("whole-media")
                .device("<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='" + iso
                        + "'/><target dev='hda' bus='ide'/><readonly/></disk>")
                .device("<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='" + large
                        + "'/><target dev='hdb' bus='ide'/><readonly/></disk>")
                .device("<disk type='file' device='floppy'><driver name='qemu' type='raw'/><source file='" + floppy
                        + "'/><target dev='fda' bus='fdc'/></disk>")
                .start()) {
            BackupResult backup = scene.backup(BackupRequest.of(guest.name()).withMediaLimit(2 << 20));
            assertThat(texts(backup.notices())).containsExactly("disk hdb is not in it: it is a cdrom");
            Point point = backup.point();
            assertThat(point.manifest().files()).extracting(PointFile::role).contains("medium-hda", "medium-fda");
            assertThat(scene.backup(BackupRequest.of(guest.name()).withMediaLimit(0))
                            .point()
                            .manifest()
                            .files())
                    .extracting(PointFile::drive)
                    .containsOnlyNulls();
            Files.delete(iso);
            Files.delete(large);

            HostRestoreResult result = restore(to(point).definingAs("whole-media-copy"));

            assertThat(texts(result.notices()))
                    .containsExactly("drive hdb of domain whole-media-copy is empty, since its medium " + large
                            + " is not in the point, and not on this host");
            assertThat(out.resolve("whole-media-copy-hda.medium")).hasBinaryContent(seed);
            assertThat(definition("whole-media-copy"))
                    .contains(out + "/whole-media-copy-hda.medium", out + "/whole-media-copy-fda.medium")
                    .doesNotContain(large.toString());
            requireStarts("whole-media-copy");
        }
    }

    /** All of it goes through libvirt: what this side sees of the host's files does not count. */
    @Test
    void variablesAndMediaOfAnotherHostAreSavedThroughAPoolThatGoes() throws Exception {
        Scene remote = new Scene(libvirtd, libvirtd.tcpUri(), folder);
        byte[] seed = new byte[300 << 10];
        new Random(4).nextBytes(seed);
        Path iso = Files.write(
                Files.createTempDirectory(libvirtd.directory(), "media").resolve("seed.iso"), seed);
        try (Guest guest = guest("whole-remote")
                .uefi()
                .device("<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='" + iso
                        + "'/><target dev='sda' bus='sata'/><readonly/></disk>")
                .start()) {
            guest.pause();
            byte[] variables = Files.readAllBytes(guest.nvram());

            BackupResult backup = remote.backup(BackupRequest.of(guest.name()));

            assertThat(backup.notices()).isEmpty();
            Point point = backup.point();
            assertThat(point.manifest().nvram().reason()).isNull();
            assertThat(point.folder().resolve("nvram.fd")).hasBinaryContent(variables);
            assertThat(point.folder().resolve("sda.medium")).hasBinaryContent(seed);
            assertThat(virsh("pool-list", "--all", "--name")).doesNotContain("virtwire-");
        }
    }

    /** An older libvirt writes neither firmware nor variables into a definition that leaves the choice to it. */
    @Test
    void variablesOfAFirmwareThatLibvirtChoseComeBack() throws Exception {
        try (Guest guest = guest("whole-efi").uefi().define()) {
            String xml =
                    virsh("dumpxml", "--inactive", guest.name()).replaceAll("(?s)<(nvram|loader)[ >].*?</\\1>", "");
            virsh("undefine", guest.name(), "--nvram");
            virsh("define", xml(xml));
            guest.start();
            guest.pause();
            byte[] variables = Files.readAllBytes(libvirtd.directory().resolve("lib/qemu/nvram/whole-efi_VARS.fd"));

            Point point = scene.backup(BackupRequest.of(guest.name())).point();
            assertThat(point.folder().resolve("nvram.fd")).hasBinaryContent(variables);
            HostRestoreResult result = restore(to(point).definingAs("whole-efi-copy"));

            assertThat(result.notices()).isEmpty();
            assertThat(definition("whole-efi-copy")).contains(out + "/whole-efi-copy-nvram.fd</nvram>");
            requireStarts("whole-efi-copy");
        }
    }

    @Test
    void whatTheDomainRefersToIsMadeOnAnEmptyHost() throws Exception {
        virsh("net-define", xml("<network><name>whole-net</name><bridge name='whole0'/></network>"));
        virsh("nwfilter-define", xml("<filter name='whole-inner'><rule action='accept' direction='out'/></filter>"));
        virsh("nwfilter-define", xml("<filter name='whole-filter'><filterref filter='whole-inner'/></filter>"));
        virsh("net-start", "whole-net");
        Point point;
        try (Guest guest = guest("whole-refers")
                        .device("<interface type='network'><source network='whole-net'/><model type='virtio'/>"
                                + "<filterref filter='whole-filter'/></interface>")
                        .start();
                PrivateLibvirtd empty = PrivateLibvirtd.start()) {
            BackupResult backup = scene.backup(BackupRequest.of(guest.name()));
            assertThat(backup.notices()).isEmpty();
            point = backup.point();
            assertThat(point.manifest().file(PointFile.REFERENCES)).isNotNull();
            virsh("net-destroy", "whole-net");

            Scene elsewhere = new Scene(empty, folder);
            assertThat(texts(restore(elsewhere, to(point).definingAs("whole-alone"))
                            .notices()))
                    .containsExactlyInAnyOrder(
                            "the host has no network filter whole-filter, which the domain needs to start:"
                                    + " --define-missing makes it",
                            "the host has no network whole-net, which the domain needs to start: --define-missing"
                                    + " makes it");

            HostRestoreResult made =
                    restore(elsewhere, to(point).definingAs("whole-together").definingMissing());

            assertThat(texts(made.notices()))
                    .containsExactlyInAnyOrder(
                            "made network filter whole-inner, which the host did not have",
                            "made network filter whole-filter, which the host did not have",
                            "made network whole-net, which the host did not have");
            try (Libvirt libvirt = elsewhere.connect()) {
                Domain domain = libvirt.domain("whole-together").join();
                domain.start().join();
                domain.destroy().join();
                libvirt.networks().find("whole-net").join().destroy().join();
            }
        }
        virsh("net-undefine", "whole-net");
        virsh("nwfilter-undefine", "whole-filter");
        virsh("nwfilter-undefine", "whole-inner");
    }

    @Test
    void whatWasMadeForADomainIsTakenBackAfterAFailure() throws Exception {
        try (Libvirt libvirt = scene.connect()) {
            HostReferences host = new HostReferences(libvirt);
            References needed = new References(List.of(
                    new Reference(Kind.FILTER, "undone-filter", "<filter name='undone-filter'/>", false),
                    new Reference(
                            Kind.NETWORK,
                            "undone-net",
                            "<network><name>undone-net</name><bridge name='undone0'/></network>",
                            true),
                    new Reference(
                            Kind.POOL,
                            "undone-pool",
                            "<pool type='dir'><name>undone-pool</name><target><path>"
                                    + Files.createTempDirectory(libvirtd.directory(), "undone")
                                    + "</path></target></pool>",
                            false),
                    new Reference(
                            Kind.SECRET,
                            "ceph:undone",
                            "<secret><usage type='ceph'><name>undone</name></usage></secret>",
                            false)));
            for (Reference reference : References.parse(needed.toXml().getBytes(StandardCharsets.UTF_8))
                    .all()) {
                assertThat(host.has(reference)).as(reference.toString()).isFalse();
                host.make(reference);
                assertThat(host.has(reference)).as(reference.toString()).isTrue();
                assertThat(host.isReady(reference)).as(reference.toString()).isTrue();
            }

            BackupException failure = new BackupException("the restore failed");
            host.undo(failure);

            assertThat(failure.getSuppressed()).isEmpty();
            assertThat(needed.all()).noneMatch(host::has);
        }
    }

    @Test
    void whatIsDefinedAndDoesNotStartDoesNotStay() {
        Reference pool = new Reference(
                Kind.POOL,
                "half-pool",
                "<pool type='dir'><name>half-pool</name><target><path>/nowhere/at/all</path></target></pool>",
                false);
        try (Libvirt libvirt = scene.connect()) {
            HostReferences host = new HostReferences(libvirt);
            assertThatThrownBy(() -> host.make(pool)).isInstanceOf(RemoteException.class);
            assertThat(host.has(pool)).isFalse();
        }
    }

    @Test
    void aMediumInAPoolThatIsMadeStaysInItsDrive() throws Exception {
        Path isos = Files.createTempDirectory(libvirtd.directory(), "isos");
        Files.write(isos.resolve("seed.iso"), new byte[300 << 10]);
        virsh("pool-define-as", "whole-isos", "dir", "--target", isos.toString());
        virsh("pool-start", "whole-isos");
        Point point;
        try (Guest guest = guest("whole-pooled")
                .device("<disk type='volume' device='cdrom'><driver name='qemu' type='raw'/>"
                        + "<source pool='whole-isos' volume='seed.iso'/>"
                        + "<target dev='sda' bus='sata'/><readonly/></disk>")
                .start()) {
            point = scene.backup(BackupRequest.of(guest.name()).withMediaLimit(0))
                    .point();
        }
        virsh("pool-destroy", "whole-isos");
        virsh("pool-undefine", "whole-isos");

        HostRestoreResult result =
                restore(to(point).definingAs("whole-pooled-copy").definingMissing());

        assertThat(texts(result.notices()))
                .containsExactly("made storage pool whole-isos, which the host did not have");
        assertThat(definition("whole-pooled-copy")).contains("volume='seed.iso'");
        requireStarts("whole-pooled-copy");
        virsh("pool-destroy", "whole-isos");
        virsh("pool-undefine", "whole-isos");
    }

    @Test
    void aMediumThatThePoolDoesNotTakeIsLeftOut() throws Exception {
        Path iso = Files.write(libvirtd.directory().resolve("whole-refused.iso"), new byte[300 << 10]);
        Path volumes = Files.createTempDirectory(libvirtd.directory(), "volumes");
        Path taken = Files.createFile(volumes.resolve("whole-refused-copy-sda.medium"));
        virsh("pool-create-as", "whole-refusing", "dir", "--target", volumes.toString());
        try (Guest guest = guest("whole-refused")
                .device("<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='" + iso
                        + "'/><target dev='sda' bus='sata'/><readonly/></disk>")
                .start()) {
            Point point = scene.backup(BackupRequest.of(guest.name())).point();
            Files.delete(iso);

            HostRestoreResult result = restore(HostRestoreRequest.of(point, new RestoreTarget.Pool("whole-refusing"))
                    .definingAs("whole-refused-copy"));

            assertThat(texts(result.notices()))
                    .anyMatch(notice -> notice.startsWith("the medium of drive sda is not restored: cannot make volume"
                            + " whole-refused-copy-sda.medium of 307200 bytes in storage pool whole-refusing"))
                    .anyMatch(notice -> notice.startsWith("drive sda of domain whole-refused-copy is empty"));
            assertThat(taken).isEmptyFile();
            requireStarts("whole-refused-copy");
        }
        virsh("pool-destroy", "whole-refusing");
    }

    private String xml(String content) throws Exception {
        return Files.writeString(Files.createTempFile(folder, "host", ".xml"), content)
                .toString();
    }

    private static List<String> texts(List<Notice> notices) {
        return notices.stream().map(Notice::text).toList();
    }
}
