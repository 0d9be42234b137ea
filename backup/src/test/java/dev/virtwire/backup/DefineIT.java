// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.remote.DomainUndefineFlags;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.LostRange;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointDamage;
import dev.virtwire.repository.PointMaker;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.manifest.PointFile;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Restored domains that start. */
@ExtendWith(LibvirtdExtension.class)
class DefineIT {
    private static final long MIB = 1 << 20;
    private static final String NETWORK =
            "<interface type='user'><mac address='52:54:00:4b:1d:05'/><model type='virtio'/></interface>";

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

    private Guest guest(String name) {
        return Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(20 * MIB).pattern(1))
                .disk(GuestDisk.qcow2(3 * MIB + 512).pattern(2))
                .device(NETWORK)
                .start();
    }

    private Point backUp(Guest guest) {
        guest.targets().forEach(target -> guest.copyDisk(target, folder.resolve(target + ".raw")));
        return scene.backup(BackupRequest.of(guest.name())).point();
    }

    private HostRestoreResult restore(HostRestoreRequest request, String newName) {
        try (Libvirt libvirt = scene.connect()) {
            return scene.restore(libvirt, newName == null ? request.defining() : request.definingAs(newName));
        }
    }

    private static HostRestoreRequest to(Point point, Path folder) {
        return HostRestoreRequest.of(point, RestoreTarget.Files.in(folder));
    }

    /** Starts the domain, which has the restored images open then, and ends it; the disks equal the truth. */
    private void requireStarts(String name, Map<String, Path> images) throws Exception {
        try (Libvirt libvirt = scene.connect()) {
            Domain domain = libvirt.domain(name).join();
            assertThat(domain.isActive().join()).isFalse();
            domain.start().join();
            assertThat(domain.isActive().join()).isTrue();
            for (Path image : images.values()) {
                assertThat(domain.xml().join()).contains("<source file='" + image + "'");
            }
            domain.destroy().join();
        }
        for (Map.Entry<String, Path> image : images.entrySet()) {
            tools.check(image.getValue());
            tools.compare(folder.resolve(image.getKey() + ".raw"), image.getValue(), "qcow2");
        }
    }

    private void undefine(String name) {
        try (Libvirt libvirt = scene.connect()) {
            libvirt.domain(name).join().undefine(DomainUndefineFlags.NVRAM).join();
        }
    }

    private boolean exists(String name) {
        try (Libvirt libvirt = scene.connect()) {
            libvirt.domain(name).join();
            return true;
        } catch (CompletionException e) {
            return false;
        }
    }

    @Test
    void anotherDomainStartsBesideTheFirstOne() throws Exception {
        try (Guest guest = guest("define-one")) {
            Point point = backUp(guest);
            HostRestoreResult result = restore(to(point, out), "define-two");
            assertThat(result.notices()).isEmpty();
            assertThat(result.defined().name()).isEqualTo("define-two");
            assertThat(result.defined().uuid())
                    .isNotEqualTo(point.manifest().domain().uuid());
            assertThat(guest.state()).isEqualTo("running");
            try (Libvirt libvirt = scene.connect()) {
                Domain two = libvirt.domain("define-two").join();
                assertThat(two.uuid()).isEqualTo(result.defined().uuid());
                assertThat(two.xml(DomainXmlFlags.INACTIVE).join())
                        .contains("<mac address='52:54:00:")
                        .doesNotContain("52:54:00:4b:1d:05", guest.image("vda").toString());
            }
            requireStarts(
                    "define-two",
                    Map.of("vda", out.resolve("define-two-vda.qcow2"), "vdb", out.resolve("define-two-vdb.qcow2")));

            Path again = out.resolveSibling("again");
            assertThatThrownBy(() -> restore(to(point, again).replacing(), "define-two"))
                    .isInstanceOf(BackupException.class)
                    .hasMessage("a domain named define-two exists already: choose another name");
            assertThat(again).doesNotExist();
            undefine("define-two");
        }
    }

    @Test
    void aChainStartsToo_andADiskThatIsNotRestoredIsNotShared() throws Exception {
        try (Guest guest = guest("define-chain")) {
            Point point = backUp(guest);
            HostRestoreResult result = restore(
                    HostRestoreRequest.of(point, RestoreTarget.Files.in(out).asChain())
                            .withDisks(Set.of("vda")),
                    "define-half");
            assertThat(result.notices())
                    .containsExactly(Notice.warning("disk vdb is not restored, and define-half does not have it"));
            requireStarts(
                    "define-half",
                    Map.of("vda", out.resolve("define-half").resolve(point.id()).resolve("vda.qcow2")));
            undefine("define-half");
        }
    }

    @Test
    void inPlaceTheDomainIsItselfAgain() throws Exception {
        try (Guest guest = guest("define-same")) {
            Point point = backUp(guest);
            HostRestoreRequest request = to(point, out);
            assertThatThrownBy(() -> restore(request.replacing(), null))
                    .isInstanceOf(BackupException.class)
                    .hasMessage("domain define-same is running: shut it down, or choose another name");
            guest.destroy();
            assertThatThrownBy(() -> restore(request, null))
                    .isInstanceOf(BackupException.class)
                    .hasMessage("domain define-same is defined already: allow replacing, or choose another name");
            assertThat(out).doesNotExist();

            HostRestoreResult result = restore(request.replacing(), null);
            assertThat(result.defined()).isEqualTo(point.manifest().domain());
            try (Libvirt libvirt = scene.connect()) {
                assertThat(libvirt.domain("define-same")
                                .join()
                                .xml(DomainXmlFlags.INACTIVE)
                                .join())
                        .contains("52:54:00:4b:1d:05");
            }
            requireStarts(
                    "define-same",
                    Map.of("vda", out.resolve("define-same-vda.qcow2"), "vdb", out.resolve("define-same-vdb.qcow2")));
        }
    }

    @Test
    void afterADomainWasUndefinedItIsDefinedAgain() throws Exception {
        Point point;
        try (Guest guest = guest("define-gone")) {
            point = backUp(guest);
        }
        assertThat(exists("define-gone")).isFalse();
        restore(to(point, out), null);
        requireStarts("define-gone", Map.of("vda", out.resolve("define-gone-vda.qcow2")));
        undefine("define-gone");
    }

    @Test
    void uefiVariablesComeBack() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "define-uefi")
                .disk(GuestDisk.qcow2(4 * MIB).pattern(3))
                .uefi()
                .start()) {
            // What the guest set, as far as a test can: the very bytes have to come back.
            guest.pause();
            byte[] variables = Files.readAllBytes(guest.nvram());
            Point point = backUp(guest);
            assertThat(point.manifest().nvram().reason()).isNull();
            assertThat(point.manifest().file(PointFile.NVRAM).size()).isEqualTo(variables.length);

            HostRestoreResult result = restore(to(point, out), "define-uefi-copy");
            assertThat(result.notices()).isEmpty();
            Path nvram = out.resolve("define-uefi-copy-nvram.fd");
            assertThat(nvram).hasBinaryContent(variables);
            try (Libvirt libvirt = scene.connect()) {
                assertThat(libvirt.domain("define-uefi-copy")
                                .join()
                                .xml(DomainXmlFlags.INACTIVE)
                                .join())
                        .contains(">" + nvram + "</nvram>")
                        .doesNotContain(guest.nvram().toString());
            }
            requireStarts("define-uefi-copy", Map.of("vda", out.resolve("define-uefi-copy-vda.qcow2")));
            undefine("define-uefi-copy");
            assertThat(guest.nvram()).exists();
        }
    }

    @Test
    void aHostThatMayBeAnotherMachineIsRefused() {
        try (Guest guest = guest("define-far")) {
            Point point = backUp(guest);
            try (Libvirt far = Libvirt.connect(libvirtd.tcpUri()).join()) {
                assertThatThrownBy(() -> scene.restore(far, to(point, out).definingAs("define-near")))
                        .isInstanceOf(BackupException.class)
                        .hasMessageStartingWith(
                                "a domain is defined where its disks are, and they are written to this machine: 127.0.0.1:");
            }
            assertThat(out).doesNotExist();
            assertThat(exists("define-near")).isFalse();
        }
    }

    @Test
    void aHostThatDoesNotSeeTheFilesIsFoundOutAndNothingIsLeft() throws Exception {
        // A private libvirtd has this folder for itself.
        Path hidden = Files.createDirectories(Path.of("/var/lib/libvirt"))
                .resolve("virtwire-hidden-" + ProcessHandle.current().pid());
        try (Guest guest = guest("define-hidden")) {
            Point point = backUp(guest);
            assertThatThrownBy(() -> restore(to(point, hidden), "define-blind"))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining(
                            " does not see " + hidden.resolve("define-blind-vda.qcow2") + " as this machine does: ");
            assertThat(hidden).doesNotExist();
            assertThat(exists("define-blind")).isFalse();

            // The former definition is there again, and so is a file that was to be replaced.
            guest.destroy();
            Files.createDirectory(hidden);
            Files.writeString(hidden.resolve("define-hidden-vda.qcow2"), "mine");
            assertThatThrownBy(() -> restore(to(point, hidden).replacing(), null))
                    .isInstanceOf(BackupException.class);
            assertThat(tools.list(hidden)).containsExactly("define-hidden-vda.qcow2");
            assertThat(hidden.resolve("define-hidden-vda.qcow2")).hasContent("mine");
            guest.start();
            assertThat(guest.state()).isEqualTo("running");
        } finally {
            Files.deleteIfExists(hidden.resolve("define-hidden-vda.qcow2"));
            Files.deleteIfExists(hidden);
        }
    }

    /** As in a container that kept a restore from before. */
    @Test
    void aHostWithOtherFilesOfTheSameNamesIsFoundOut() throws Exception {
        Path hidden = Files.createDirectories(Path.of("/var/lib/libvirt"))
                .resolve("virtwire-older-" + ProcessHandle.current().pid());
        Path there = libvirtd.directory().resolve("lib").resolve(hidden.getFileName());
        try (Guest guest = guest("define-older")) {
            Point point = backUp(guest);
            scene.repository()
                    .restore(RestoreRequest.of(point, there), ProgressListener.NONE)
                    .join();
            for (String target : guest.targets()) {
                Files.move(
                        there.resolve("define-older-" + target + ".qcow2"),
                        there.resolve("define-newer-" + target + ".qcow2"));
            }
            assertThatThrownBy(() -> restore(to(point, hidden), "define-newer"))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining(" has a file " + hidden)
                    .hasMessageContaining(", which this machine does not have yet: it is another machine");
            assertThat(hidden).doesNotExist();
            assertThat(exists("define-newer")).isFalse();
        }
    }

    @Test
    void aFileThatIsAnotherDomainsDiskIsNotReplaced() throws Exception {
        try (Guest guest = guest("define-mine");
                Libvirt libvirt = scene.connect()) {
            Point point = backUp(guest);
            Path taken = Files.createDirectory(out).resolve("define-again-vda.qcow2");
            Files.writeString(taken, "precious");
            Domain other = libvirt.defineDomain("<domain type='qemu'><name>define-other</name><memory>65536</memory>"
                            + "<os><type>hvm</type></os><devices><disk type='file'><source file='" + taken
                            + "'/><target dev='vdq' bus='virtio'/></disk></devices></domain>")
                    .join();

            assertThatThrownBy(() -> restore(to(point, out).replacing(), "define-again"))
                    .isInstanceOf(BackupException.class)
                    .hasMessage("domain define-other has file " + taken + " as its disk vdq: choose another folder");

            assertThat(taken).hasContent("precious");
            assertThat(exists("define-again")).isFalse();
            other.undefine().join();
        }
    }

    @Test
    void whatIsRightOfADamagedPointIsDefined() throws Exception {
        try (Guest guest = guest("define-torn")) {
            Point point = backUp(guest);
            Path image = point.folder().resolve("vda.qcow2");
            flip(image, Files.size(image) - 2 * MIB);
            assertThatThrownBy(() -> restore(to(point, out), "define-salvaged")).isInstanceOf(DamagedException.class);
            assertThat(exists("define-salvaged")).isFalse();
            assertThat(out).doesNotExist();

            HostRestoreResult result = restore(to(point, out).salvaging(), "define-salvaged");

            LostRange lost = result.lost().get(0);
            assertThat(result.lost()).hasSize(1);
            assertThat(lost.disk()).isEqualTo("vda");
            assertThat(result.damage()).extracting(Finding::file).containsExactly(image);
            Path truth = folder.resolve("vda.raw");
            byte[] expected = Files.readAllBytes(truth);
            Arrays.fill(expected, (int) lost.offset(), (int) (lost.offset() + lost.length()), (byte) 0);
            Files.write(truth, expected);
            requireStarts(
                    "define-salvaged",
                    Map.of(
                            "vda",
                            out.resolve("define-salvaged-vda.qcow2"),
                            "vdb",
                            out.resolve("define-salvaged-vdb.qcow2")));
            undefine("define-salvaged");
        }
    }

    private static void flip(Path path, long at) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(at);
            int old = file.read();
            file.seek(at);
            file.write(~old);
        }
    }

    /** After hours of writing it would be found too late. */
    @Test
    void aDamagedDefinitionIsFoundBeforeADiskIsRead() throws Exception {
        try (Guest guest = guest("define-lost");
                Libvirt libvirt = scene.connect()) {
            Point point = backUp(guest);
            flip(point.folder().resolve("domain.xml"), 20);
            Set<Progress.Phase> phases = EnumSet.noneOf(Progress.Phase.class);

            assertThatThrownBy(() -> Backups.of(libvirt, scene.repository())
                            .restore(
                                    to(point, out).salvaging().definingAs("define-found"),
                                    progress -> phases.add(progress.phase()))
                            .join())
                    .isInstanceOf(DamagedException.class)
                    .hasMessageContaining(point.folder().resolve("domain.xml").toString());

            assertThat(phases).doesNotContain(Progress.Phase.COPYING);
            assertThat(out).doesNotExist();
            assertThat(exists("define-found")).isFalse();
            assertThat(scene.repository().points(guest.name()).known())
                    .extracting(PointDamage::point)
                    .containsExactly(point.id());
        }
    }

    @Test
    void aDomainThatTheHostDoesNotAcceptLeavesNoFile() throws Exception {
        // Its XML has a name and nothing else.
        Point point = new PointMaker(folder.resolve("backups"))
                .full(Map.of("vda", MemoryDisk.random(1 << 20, new Random(1))));
        assertThatThrownBy(() -> restore(to(point, out), "define-nothing"))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining(" does not accept domain define-nothing: ");
        assertThat(out).doesNotExist();
        assertThat(exists("define-nothing")).isFalse();
    }
}
