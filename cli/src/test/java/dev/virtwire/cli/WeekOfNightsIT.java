// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.manifest.HostIdentity;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Mode;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a timer mails that runs {@code backup --all --quiet} each night: whatever the command prints. It is nothing as
 * long as a restore would miss nothing; else it is one sentence that says what.
 */
class WeekOfNightsIT {
    private static final long MIB = 1 << 20;
    private static final CommandRun SILENCE = new CommandRun(0, "", "");

    @TempDir
    Path folder;

    private final PrivateLibvirtd libvirtd = PrivateLibvirtd.builder()
            .qemuConf("swtpm_user = \"root\"")
            .qemuConf("swtpm_group = \"root\"")
            .start();
    private final List<Guest> guests = new ArrayList<>();

    @AfterEach
    void end() {
        guests.forEach(Guest::close);
        libvirtd.close();
    }

    private CommandRun night(String... more) {
        return CommandRun.of(Stream.concat(
                        Stream.of("-c", libvirtd.unixUri(), "backup", "--all", repository(), "--quiet", "--keep", "3"),
                        Stream.of(more))
                .toArray(String[]::new));
    }

    private String repository() {
        return folder.resolve("backups").toString();
    }

    private static CommandRun warned(String sentence) {
        return new CommandRun(4, "", "warning: " + sentence + "\n");
    }

    private Guest start(Guest.Builder guest) {
        Guest started = guest.start();
        guests.add(started);
        return started;
    }

    private Guest.Builder guest(String name) {
        return Guest.on(libvirtd, name);
    }

    private static GuestDisk disk() {
        return GuestDisk.qcow2(MIB).pattern(1);
    }

    private void end(Guest guest) {
        guests.remove(guest);
        guest.close();
    }

    private Path image(String name) throws IOException {
        return image(name, 1);
    }

    private Path image(String name, int mebibytes) throws IOException {
        Path image = libvirtd.directory().resolve("disks").resolve(name);
        Files.write(image, new byte[(int) (mebibytes * MIB)]);
        return image;
    }

    private static String device(String device, Path image, String target, String bus, String more) {
        return """
                <disk type='file' device='%s'>
                  <driver name='qemu' type='raw'/><source file='%s'/><target dev='%s' bus='%s'/>%s
                </disk>
                """.formatted(device, image, target, bus, more);
    }

    @Test
    void nightsWithoutMail() throws Exception {
        Guest web1 = start(guest("web1").disk(disk()).disk(disk()));
        assertThat(night()).as("all is well").isEqualTo(SILENCE);
        web1.write("vda", 0, 4096, 0x22);
        assertThat(night()).as("something changed").isEqualTo(SILENCE);

        start(guest("seeds")
                .disk(disk())
                .device(device("cdrom", image("seed.iso"), "hda", "ide", ""))
                .device("<disk type='file' device='cdrom'><target dev='hdb' bus='ide'/></disk>")
                .device(device("cdrom", image("distribution.iso", 17), "hdc", "ide", ""))
                .device(device("floppy", image("drivers.img"), "fda", "fdc", "")));
        assertThat(night())
                .as("CD-ROMs, one above the limit, a floppy and an empty drive")
                .isEqualTo(SILENCE);

        start(guest("pxe"));
        start(guest("live").device(device("cdrom", image("live.iso"), "hda", "ide", "")));
        assertThat(night()).as("guests without disks").isEqualTo(SILENCE);

        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            String plugged = device("disk", image("plugged.img"), "vdc", "virtio", "");
            libvirt.domain("web1").join().devices().attach(plugged).join();
        }
        assertThat(night())
                .as("a disk that is attached until the guest stops: a restore has it")
                .isEqualTo(SILENCE);

        assertThat(night("--exclude", "web1:vdb")).as("a disk that is excluded").isEqualTo(SILENCE);
        assertThat(night("--exclude-domain", "gone")).as("a guest that is gone").isEqualTo(SILENCE);

        start(guest("raw").disk(GuestDisk.raw(MIB).pattern(2)));
        assertThat(night()).as("a disk that is read as a whole each night").isEqualTo(SILENCE);

        virsh("snapshot-create-as", "web1", "update", "--disk-only");
        assertThat(night()).as("an external snapshot").isEqualTo(SILENCE);
        virsh("blockcommit", "web1", "vda", "--active", "--wait", "--pivot");
        virsh("blockcommit", "web1", "vdb", "--active", "--wait", "--pivot");
        assertThat(night()).as("its end").isEqualTo(SILENCE);

        virsh("snapshot-create-as", "web1", "before");
        web1.write("vda", 8192, 4096, 0x23);
        assertThat(night())
                .as("an internal snapshot: a point holds the guest as it is")
                .isEqualTo(SILENCE);
        virsh("snapshot-delete", "web1", "before");
        assertThat(night()).as("its end").isEqualTo(SILENCE);

        web1.kill();
        await().atMost(Duration.ofSeconds(60)).until(() -> web1.state().equals("shut off"));
        web1.start();
        assertThat(night()).as("a crash of QEMU").isEqualTo(SILENCE);

        assertThat(CommandRun.of("verify", repository(), "--quiet")).isEqualTo(SILENCE);
        String[] status = {"status", repository(), "--max-age", "26h", "--verified-within", "8d", "--quiet"};
        assertThat(CommandRun.of(status)).isEqualTo(SILENCE);
    }

    /** Each of these nights has its sentence, until somebody has done something about it. */
    @Test
    void nightsWithMail() throws Exception {
        Guest web1 = start(guest("web1").disk(disk()));
        Guest cache = start(guest("cache")
                .disk(disk())
                .device(device("disk", image("scratch.img"), "vdb", "virtio", "<transient/>")));
        String transientDisk =
                "cache: disk vdb is not in it: it is transient: its changes are thrown away when the guest stops";
        assertThat(night()).isEqualTo(warned(transientDisk));
        assertThat(night()).as("each night").isEqualTo(warned(transientDisk));
        assertThat(night("--exclude", "cache:vdb")).isEqualTo(SILENCE);
        end(cache);

        Guest shared = start(guest("shared")
                .disk(disk())
                .device(device("disk", image("library.img"), "vdb", "virtio", "<readonly/>")));
        assertThat(night()).isEqualTo(warned("shared: disk vdb is not in it: it is read-only"));
        assertThat(night("--exclude", "shared:vdb")).isEqualTo(SILENCE);
        end(shared);

        Guest uefi = start(guest("uefi").disk(disk()).uefi());
        assertThat(night()).isEqualTo(SILENCE);
        Files.delete(uefi.nvram());
        requireLine(
                night(), 4, "warning: uefi: the UEFI variables in " + uefi.nvram() + " are not in it: ", "nvram.fd'");
        Files.createFile(uefi.nvram());
        end(uefi);

        Guest sealed = start(guest("sealed")
                .disk(disk())
                .device("<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>"));
        assertThat(night()).isEqualTo(SILENCE);
        Path state = tpmState();
        Path aside = Files.move(state, state.resolveSibling("aside"));
        String noState = "warning: sealed: the state of the emulated TPM is not in it: ";
        requireLine(night(), 4, noState, "tpm2-00.permall");
        requireLine(night(), 4, noState, "tpm2-00.permall");
        Files.move(aside, state);
        assertThat(night()).isEqualTo(SILENCE);
        end(sealed);

        web1.destroy();
        assertThat(night()).as("off").isEqualTo(SILENCE);
        web1.start();
        assertThat(night()).isEqualTo(SILENCE);

        Path entry = leftOnAnotherHost();
        assertThat(night())
                .isEqualTo(warned("web1: left behind: what point "
                        + entry.getFileName().toString().replace(".json", "") + " left on host elsewhere: this is host "
                        + host()));
        Files.delete(entry);
        assertThat(night()).isEqualTo(SILENCE);
    }

    /** That of the only guest with a TPM. */
    private Path tpmState() throws IOException {
        try (Stream<Path> all = Files.walk(libvirtd.directory().resolve("lib/swtpm"))) {
            return all.filter(file -> file.endsWith("tpm2-00.permall"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** The journal's entry of a run that died on a host of this name. */
    private Path leftOnAnotherHost() throws IOException {
        DomainStore web1 = store("web1");
        String id = "20200101T000000Z-full";
        web1.journal()
                .write(new JournalEntry(
                        JournalEntry.FORMAT,
                        JournalEntry.VERSION,
                        web1.repositoryId(),
                        id,
                        "1@elsewhere",
                        Instant.parse("2020-01-01T00:00:00Z"),
                        web1.points().points().get(0).manifest().domain(),
                        new HostIdentity("elsewhere", "qemu:///system", "9.0.0", "7.2.0", null),
                        Mode.PULL,
                        Level.FULL,
                        null,
                        false,
                        null,
                        null,
                        List.of(),
                        List.of(),
                        null,
                        Names.random(),
                        null));
        return web1.journal().file(id);
    }

    private DomainStore store(String domain) {
        return RepositoryStore.open(folder.resolve("backups"), DurableFiles.PLAIN)
                .domain(domain);
    }

    private String host() {
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            return libvirt.hostname().join();
        }
    }

    /** The guest and its host hold it encrypted, and whoever reads the repository reads it. */
    @Test
    void theNightOfAnEncryptedDisk() {
        start(guest("vault").disk(disk().encrypted()));
        assertThat(night())
                .isEqualTo(warned("vault: disk vda is encrypted on its host, and what the backup holds of it is not"));
        assertThat(night("--allow-plain")).isEqualTo(SILENCE);
        assertThat(night()).as("it was allowed once").isEqualTo(SILENCE);
    }

    private void virsh(String... arguments) throws Exception {
        run(Stream.concat(Stream.of("virsh", "-q", "-c", libvirtd.unixUri()), Stream.of(arguments))
                .toArray(String[]::new));
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
    }

    private static CommandRun failed(String sentence) {
        return new CommandRun(1, "", "error: " + sentence + "\n");
    }

    /** Nothing but one line, which begins so and says that too. */
    private static void requireLine(CommandRun night, int exitCode, String begin, String what) {
        assertThat(night.exitCode()).as("%s", night).isEqualTo(exitCode);
        assertThat(night.out()).isEmpty();
        assertThat(night.err()).startsWith(begin).contains(what).hasLineCount(1);
    }

    /** All of these are over with their reason: the night after is silent. */
    @Test
    void nightsInWhichSomethingIsInTheWay() throws Exception {
        start(guest("web1").disk(GuestDisk.qcow2(8 * MIB).random(0, 8 * MIB, 1)));
        assertThat(night()).isEqualTo(SILENCE);

        virsh("blockcopy", "web1", "vda", folder.resolve("copy.qcow2").toString(), "--transient-job");
        assertThat(night())
                .as("a copy of a disk that runs")
                .isEqualTo(failed("1 of 1 domain failed: another job is active on disk vda of domain web1 (copy): wait"
                        + " until it ends, or end it"));
        virsh("blockjob", "web1", "vda", "--abort");
        assertThat(night()).isEqualTo(SILENCE);

        libvirtd.shutDown();
        CommandRun away = night();
        requireLine(away, 1, "error: ", "libvirt-sock");
        libvirtd.restart();
        assertThat(night()).isEqualTo(SILENCE);
    }

    /** Nobody knows whether it was meant to end, so nothing of it is begun again. */
    @Test
    void theNightInWhichAGuestIsEnded() throws Exception {
        Guest web1 = start(guest("web1").disk(GuestDisk.qcow2(64 * MIB).random(0, 64 * MIB, 1)));
        CompletableFuture<CommandRun> night = CompletableFuture.supplyAsync(() -> night("--bwlimit", "512K"));
        await().atMost(Duration.ofMinutes(2)).until(this::isCopying);
        web1.destroy();
        requireLine(
                night.join(),
                1,
                "error: 1 of 1 domain failed: the backup of domain web1 failed: the backup job ended on the host before"
                        + " everything was read: domain web1 was ended or has crashed meanwhile",
                "the next backup or 'virtwire recover");
        assertThat(night()).as("off, and what was left behind is cleared").isEqualTo(SILENCE);
        web1.start();
        assertThat(night()).isEqualTo(SILENCE);
    }

    private boolean isCopying() throws IOException {
        Path web1 = folder.resolve("backups/web1");
        if (!Files.exists(web1)) {
            return false;
        }
        try (Stream<Path> points = Files.list(web1)) {
            return points.anyMatch(point -> point.toString().endsWith(".partial")
                    && point.resolve("vda.qcow2").toFile().length() > 0);
        }
    }

    @Test
    void theNightOfAFullDisk() throws Exception {
        Path backups = Files.createDirectory(folder.resolve("backups"));
        run("mount", "-t", "tmpfs", "-o", "size=4M", "backups", backups.toString());
        try {
            start(guest("web1").disk(disk()));
            assertThat(night()).isEqualTo(SILENCE);
            start(guest("web2").disk(GuestDisk.qcow2(8 * MIB).random(0, 8 * MIB, 1)));
            requireLine(
                    night(),
                    1,
                    "error: 1 of 2 domains failed: the backup of domain web2 failed: the disks have about 8 MiB to copy,"
                            + " and the file system of " + backups.resolve("web2") + " has room for ",
                    "'virtwire prune' makes room");
            run("mount", "-o", "remount,size=64M", backups.toString());
            assertThat(night()).isEqualTo(SILENCE);
        } finally {
            run("umount", backups.toString());
        }
    }

    @Test
    void nightsOfADamagedPoint() throws Exception {
        Guest web1 = start(guest("web1").disk(disk()));
        assertThat(night()).isEqualTo(SILENCE);
        Path image = store("web1").points().points().get(0).folder().resolve("vda.qcow2");
        byte[] bytes = Files.readAllBytes(image);
        bytes[bytes.length - 1] ^= 1;
        Files.write(image, bytes);
        web1.write("vda", 0, 4096, 0x22);
        assertThat(night()).as("nobody knows of it").isEqualTo(SILENCE);
        CommandRun found = CommandRun.of("verify", repository(), "--quiet");
        assertThat(found.exitCode()).isEqualTo(3);
        assertThat(found.out()).contains("vda.qcow2").hasLineCount(1);
        assertThat(found.err()).isEqualTo("error: 1 place of the repository is damaged\n");
        assertThat(night()).as("all of it is read, and is whole").isEqualTo(SILENCE);
    }

    @Test
    void nightsThatFail() throws Exception {
        String nothing =
                "error: there is no domain on this host, so nothing is backed up: is it the right connection?\n";
        assertThat(night()).as("a wrong URI").isEqualTo(new CommandRun(1, "", nothing));
        assertThat(folder.resolve("backups")).doesNotExist();

        start(guest("web1").disk(disk()));
        start(guest("web2").disk(disk()));
        assertThat(night()).isEqualTo(SILENCE);
        DomainLock other = store("web1").lock();
        try {
            CommandRun busy = night();
            assertThat(busy.exitCode()).isEqualTo(1);
            assertThat(busy.out()).isEmpty();
            assertThat(busy.err()).startsWith("error: 1 of 2 domains failed: ").hasLineCount(1);
        } finally {
            other.close();
        }
        assertThat(night()).isEqualTo(SILENCE);
        assertThat(CommandRun.of("points", repository(), "web2").out().lines()).hasSize(4);
    }
}
