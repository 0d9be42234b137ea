// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.RestoreResult;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.manifest.DiskEncryption;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.PushedImage;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Disks that their host keeps encrypted (LUKS): nothing of them lies in clear on the host, whatever a backup does. */
@ExtendWith(LibvirtdExtension.class)
abstract class EncryptedDisksSuite {
    /** What the guest writes, and does not want to be read by who has its disks. */
    private static final int CONFIDENTIAL = 'Z';

    private static final String MARKER = "Z".repeat(64);

    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private Libvirtd libvirtd;
    private Scene scene;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(shared, folder);
    }

    /** Encrypted inside of qcow2, encrypted as a whole, and not encrypted. */
    private Guest.Builder guest(String name) {
        return Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(8 * MIB).pattern(1).encrypted())
                .disk(GuestDisk.raw(4 * MIB).pattern(2).encrypted())
                .disk(GuestDisk.qcow2(8 * MIB).pattern(3));
    }

    private Path truth(Guest guest, String name) throws IOException {
        Path truth = Files.createDirectories(folder.resolve(name));
        guest.targets().forEach(target -> guest.copyDisk(target, truth.resolve(target + ".raw")));
        return truth;
    }

    private static boolean isInClear(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(MARKER);
    }

    /** As its header says. */
    private static boolean isLuks(Path qcow2) throws IOException {
        return Files.readAllBytes(qcow2)[35] == 2;
    }

    private Map<String, Path> scratchFiles() {
        Map<String, Path> found = new LinkedHashMap<>();
        try (Stream<Path> list = Files.list(libvirtd.directory().resolve("disks"))) {
            list.filter(file -> file.toString().endsWith(".scratch"))
                    .forEach(file -> found.put(file.toString().replaceAll(".*-(vd.)\\.scratch", "$1"), file));
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String warning(String target) {
        return "disk " + target + " is encrypted on its host, and what the backup holds of it is not";
    }

    private static List<String> warnings(BackupResult result) {
        return Notice.texts(result.notices(), Notice.Severity.WARNING);
    }

    private static DiskEncryption encryption(Point point, String target) {
        return point.manifest().disk(target).source().encryption();
    }

    /** Restored to files and as the images lie there, which anybody can read. */
    private void requireTruth(Point point, Path truth) throws Exception {
        RestoreResult restored = scene.repository()
                .restore(RestoreRequest.of(point, truth.resolve("out")), ProgressListener.NONE)
                .join();
        boolean known = encryption(point, "vda").plainAllowed();
        assertThat(Notice.texts(restored.notices(), known ? Notice.Severity.INFORMATION : Notice.Severity.WARNING))
                .containsExactlyElementsOf(Stream.of("vda", "vdb")
                        .filter(target -> point.manifest().disk(target) != null)
                        .map(target -> "disk " + target + " was encrypted on its host, and what is restored is not")
                        .toList());
        for (ManifestDisk disk : point.manifest().disks()) {
            Path expected = truth.resolve(disk.target() + ".raw");
            tools.compare(expected, point.folder().resolve(disk.target() + ".qcow2"), "qcow2");
            tools.compare(
                    expected, truth.resolve("out").resolve(point.domain() + "-" + disk.target() + ".qcow2"), "qcow2");
        }
    }

    @Test
    void whatTheGuestOverwritesDuringABackupLiesEncryptedOnTheHost() throws Exception {
        try (Guest guest = guest("vault").start()) {
            for (String target : guest.targets()) {
                guest.write(target, 3 * MIB, MIB, CONFIDENTIAL);
            }
            assertThat(isInClear(guest.image("vda"))).isFalse();
            assertThat(isInClear(guest.image("vdb"))).isFalse();
            Path truth = truth(guest, "first");
            Map<String, Boolean> clear = new LinkedHashMap<>();
            BackupResult first = scene.backup(BackupRequest.of("vault"), Scene.inMidCopy(() -> {
                Map<String, Path> scratch = scratchFiles();
                assertThat(scratch).containsOnlyKeys(guest.targets());
                scratch.forEach((target, file) -> {
                    long before = file.toFile().length();
                    guest.write(target, 3 * MIB, MIB, 0x21);
                    try {
                        assertThat(Files.size(file)).isGreaterThanOrEqualTo(before + MIB);
                        clear.put(target, isInClear(file));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
            }));

            // What the guest overwrote lies there; of the disk that is not encrypted it can be read.
            assertThat(clear).containsOnly(Map.entry("vda", false), Map.entry("vdb", false), Map.entry("vdc", true));
            assertThat(warnings(first)).containsExactly(warning("vda"), warning("vdb"));
            assertThat(encryption(first.point(), "vda").format()).isEqualTo("luks");
            assertThat(encryption(first.point(), "vda").plainAllowed()).isFalse();
            assertThat(first.point().manifest().domainXml().libvirtSecrets())
                    .containsExactlyInAnyOrder(
                            encryption(first.point(), "vda").secret(),
                            encryption(first.point(), "vdb").secret());
            assertThat(encryption(first.point(), "vdb").secret()).isEqualTo("passphrase:" + guest.image("vdb"));
            assertThat(encryption(first.point(), "vdc")).isNull();
            scene.requireClean("vault", first.point().manifest().checkpoint());
            requireTruth(first.point(), truth);

            Path later = truth(guest, "second");
            BackupResult second =
                    scene.backup(BackupRequest.of("vault").withDisk("vda").allowingPlain());
            assertThat(warnings(second)).isEmpty();
            assertThat(Notice.texts(second.notices(), Notice.Severity.INFORMATION))
                    .contains(warning("vda"));
            assertThat(encryption(second.point(), "vda").plainAllowed()).isTrue();
            assertThat(second.point().manifest().disk("vda").reason())
                    .isEqualTo("what changed since point " + first.point().id());
            requireTruth(second.point(), later);

            BackupResult third =
                    scene.backup(BackupRequest.of("vault").withDisk("vda").withDisk("vdc"));
            assertThat(warnings(third)).as("it was allowed once").isEmpty();
            assertThat(encryption(third.point(), "vda").plainAllowed()).isTrue();
        }
    }

    @Test
    void aPushedImageOpensWithTheSecretOfTheDisk() throws Exception {
        Path pushed = Files.createDirectory(libvirtd.directory().resolve("encrypted-push"));
        try (Guest guest = guest("vault-push").start()) {
            guest.write("vda", 3 * MIB, MIB, CONFIDENTIAL);
            guest.write("vdb", 2 * MIB, MIB, CONFIDENTIAL);
            Path truth = truth(guest, "pushed");
            BackupResult result = scene.backup(BackupRequest.of("vault-push").pushingTo(pushed.toString()));

            assertThat(warnings(result))
                    .containsExactly("nobody has read back what the host wrote: the point is not verified");
            for (String target : List.of("vda", "vdb")) {
                PushedImage image = result.point().manifest().disk(target).pushed();
                assertThat(image.secret())
                        .isEqualTo(encryption(result.point(), target).secret());
                assertThat(isInClear(Path.of(image.path()))).isFalse();
                assertThat(isLuks(Path.of(image.path()))).isTrue();
                Path read = folder.resolve(target + "-read.raw");
                tools.run(List.of(
                        "qemu-img",
                        "convert",
                        "--object",
                        "secret,id=key,data=" + Guest.PASSPHRASE,
                        "--image-opts",
                        "driver=qcow2,encrypt.key-secret=key,file.filename=" + image.path(),
                        "-O",
                        "raw",
                        read.toString()));
                assertThat(Files.mismatch(read, truth.resolve(target + ".raw"))).isEqualTo(-1);
                assertThat(Notice.texts(result.notices(), Notice.Severity.INFORMATION))
                        .contains("the image of disk " + target + " is encrypted as the disk is: who reads it needs the"
                                + " value of libvirt's secret " + image.secret());
            }
            PushedImage plain = result.point().manifest().disk("vdc").pushed();
            assertThat(plain.secret()).isNull();
            assertThat(isLuks(Path.of(plain.path()))).isFalse();
            scene.requireClean("vault-push");
            assertThatThrownBy(() -> scene.repository()
                            .restore(RestoreRequest.of(result.point(), folder.resolve("out")), ProgressListener.NONE)
                            .join())
                    .isInstanceOf(RepositoryException.class)
                    .hasMessageEndingWith(", encrypted with libvirt's secret "
                            + encryption(result.point(), "vda").secret());
        }
    }

    @Test
    void ofAGuestThatIsOffTheScratchFilesAreEncryptedToo() throws Exception {
        try (Guest guest = guest("vault-off").define()) {
            Path truth = truth(guest, "off");
            Map<String, Boolean> encrypted = new LinkedHashMap<>();
            BackupResult first = scene.backup(
                    BackupRequest.of("vault-off").allowingPlain(),
                    Scene.inMidCopy(() -> scratchFiles().forEach((target, file) -> {
                        try {
                            encrypted.put(target, isLuks(file));
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })));

            assertThat(encrypted).containsOnly(Map.entry("vda", true), Map.entry("vdb", true), Map.entry("vdc", false));
            assertThat(warnings(first)).isEmpty();
            scene.requireClean("vault-off", first.point().manifest().checkpoint());
            requireTruth(first.point(), truth);

            BackupResult second = scene.backup(BackupRequest.of("vault-off").withDisk("vda"));
            assertThat(warnings(second)).isEmpty();
            assertThat(second.point().manifest().disk("vda").reason())
                    .isEqualTo("what changed since point " + first.point().id());
            // The other disks build on the first one.
            scene.requireClean(
                    "vault-off",
                    first.point().manifest().checkpoint(),
                    second.point().manifest().checkpoint());
            requireTruth(second.point(), truth(guest, "still"));
        }
    }

    @Test
    void whoResumesABackupKnowsOfTheEncryption() throws Exception {
        GuestDisk disk = GuestDisk.qcow2(12 * MIB).random(0, 12 * MIB, 4).encrypted();
        try (Guest guest = Guest.on(libvirtd, "vault-resumed").disk(disk).start()) {
            Path truth = truth(guest, "resumed");
            HalfBackup.killed(libvirtd.unixUri(), guest.name(), scene.backups(), 4 * MIB, false);
            guest.write("vda", 0, 12 * MIB, CONFIDENTIAL);

            BackupResult result = scene.backup(BackupRequest.of(guest.name()).resuming());
            assertThat(Notice.texts(result.notices(), Notice.Severity.INFORMATION))
                    .anyMatch(text ->
                            text.startsWith("resumed point " + result.point().id()));
            assertThat(warnings(result)).containsExactly(warning("vda"));
            assertThat(encryption(result.point(), "vda").format()).isEqualTo("luks");
            scene.requireClean(guest.name(), result.point().manifest().checkpoint());
            requireTruth(result.point(), truth);
        }
    }

    @Test
    void withoutTheSecretNothingIsBegun() throws Exception {
        try (Guest guest = guest("vault-lost").start();
                Libvirt libvirt = scene.connect()) {
            String secret = tools.run(List.of("virsh", "-c", libvirtd.unixUri(), "dumpxml", "vault-lost"))
                    .replaceAll("(?s).*<secret type='passphrase' uuid='([^']+)'.*", "$1");
            String xml = tools.run(List.of("virsh", "-c", libvirtd.unixUri(), "secret-dumpxml", secret));
            tools.run(List.of("virsh", "-c", libvirtd.unixUri(), "secret-undefine", secret));

            assertThat(scene.failure(BackupRequest.of("vault-lost")))
                    .hasMessageContaining(secret)
                    .hasMessageEndingWith(". What the host writes for the backup of an encrypted disk is encrypted with"
                            + " the disk's secret, which has to be there with its value");
            scene.requireClean("vault-lost");
            assertThat(guest.state()).isEqualTo("running");
            libvirt.secrets().define(xml).join();
        }
    }
}
