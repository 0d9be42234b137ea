// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.client.backup.BackupMode;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a backup says when it cannot be, and what it leaves behind: nothing. */
@ExtendWith(LibvirtdExtension.class)
class BackupErrorsIT {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private Path repository;
    private Libvirtd libvirtd;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        repository = folder.resolve("backups");
    }

    private String[] backup(String uri, String domain, String... options) {
        return Stream.concat(Stream.of("-c", uri, "backup", domain, repository.toString()), Stream.of(options))
                .toArray(String[]::new);
    }

    private static CommandRun run(String... arguments) {
        return new Launcher().run(arguments);
    }

    private static CommandRun failed(String message) {
        return new CommandRun(1, "", "error: " + message + "\n");
    }

    private Guest filledGuest(String name) {
        return Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(64 * MIB).fill(0, 64 * MIB, 0x42))
                .start();
    }

    /** A backup that takes long enough to be disturbed, however fast the machine is. */
    private Launcher.Running startAndAwaitJob(Guest guest, String bandwidth) {
        Launcher.Running running =
                new Launcher().start(backup(libvirtd.unixUri(), guest.name(), "--bwlimit", bandwidth));
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            Domain domain = libvirt.domain(guest.name()).join();
            await().pollInterval(Duration.ofMillis(10))
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> domain.activeBackup().join().isPresent()
                            || !running.process().isAlive());
        }
        assertThat(running.process().isAlive()).as("still at it").isTrue();
        return running;
    }

    private void assertNothingIsLeft(Guest guest) throws IOException {
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            Domain domain = libvirt.domain(guest.name()).join();
            assertThat(domain.activeBackup().join()).isEmpty();
            assertThat(domain.checkpoints().list().join()).isEmpty();
        }
        try (Stream<Path> files = Files.walk(repository)) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> file.getFileName().toString()))
                    .isSubsetOf("virtwire.json", "virtwire.sha256", ".lock", "lock");
        }
        try (Stream<Path> files = Files.walk(libvirtd.directory().resolve("disks"))) {
            assertThat(files.map(Path::toString)).noneMatch(file -> file.contains("virtwire-"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void aSignalEndsTheJobAndLeavesNothing(String signal) throws IOException {
        try (Guest guest = filledGuest("signal-" + signal.toLowerCase(Locale.ROOT))) {
            Launcher.Running running = startAndAwaitJob(guest, "1M");
            running.signal(signal);
            assertThat(running.await())
                    .isEqualTo(new CommandRun(
                            130,
                            "",
                            "error: the backup of domain " + guest.name()
                                    + " was cancelled, and nothing of it is left\n"));
            assertNothingIsLeft(guest);
            assertThat(run(backup(libvirtd.unixUri(), guest.name())).exitCode()).isZero();
        }
    }

    @Test
    void aGuestThatIsDestroyedInMidBackupIsAnError() throws IOException {
        try (Guest guest = filledGuest("destroyed")) {
            Launcher.Running running = startAndAwaitJob(guest, "1M");
            guest.destroy();
            CommandRun run = running.await();
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.err())
                    .startsWith("error: the backup of domain destroyed failed: ")
                    .contains("domain destroyed was ended or has crashed meanwhile")
                    .contains(". Left behind: checkpoint virtwire-")
                    .endsWith("clears it\n")
                    .hasLineCount(1);
            // libvirt deletes checkpoints of running domains only.
            guest.start();
            CommandRun recover = run("-c", libvirtd.unixUri(), "recover", repository.toString());
            assertThat(recover.err()).isEmpty();
            assertThat(recover.out()).startsWith("cleared: ").contains("checkpoint virtwire-");
            assertThat(recover.exitCode()).isZero();
            assertNothingIsLeft(guest);
            assertThat(run("-c", libvirtd.unixUri(), "recover", repository.toString())
                            .out())
                    .isEqualTo("there is nothing to clear up\n");
        }
    }

    @Test
    void aSecondBackupOfTheSameDomainIsRefusedWhileTheFirstRuns() throws Exception {
        try (Guest guest = filledGuest("twice")) {
            Launcher.Running first = startAndAwaitJob(guest, "8M");
            first.signal("STOP");
            CommandRun second = run(backup(libvirtd.tcpUri(), guest.name()));
            first.signal("CONT");
            assertThat(second.exitCode()).isEqualTo(1);
            assertThat(second.err())
                    .matches("error: .*twice.* is being written by another run( \\(.*\\))?; wait until it is done\n");
            assertThat(first.await().exitCode()).isZero();
        }
    }

    @Test
    void anotherJobIsFoundByAskingFirst() {
        try (Guest guest = Guest.on(libvirtd, "busy").disk(GuestDisk.qcow2(MIB)).start();
                Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            String socket = libvirtd.directory().resolve("busy.sock").toString();
            BackupJob job = libvirt.domain(guest.name())
                    .join()
                    .beginBackup(
                            BackupMode.PULL,
                            "<domainbackup mode='pull'><server transport='unix' socket='" + socket
                                    + "'/></domainbackup>",
                            null,
                            Set.of())
                    .join();
            long begin = System.nanoTime();
            CommandRun run = run(backup(libvirtd.unixUri(), guest.name()));
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(25));
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.err())
                    .matches("error: another job is active on domain busy \\(backup, for \\d+ s\\): wait until it ends,"
                            + " or end it\n");
            job.finish().join();
        }
    }

    @Test
    void aDomainThatDoesNotExistLeavesNoRepository() {
        assertThat(run(backup(libvirtd.tcpUri(), "nobody")))
                .isEqualTo(failed("there is no domain 'nobody' on 127.0.0.1:" + libvirtd.tcpPort()));
        assertThat(repository).doesNotExist();
    }

    @Test
    void aDomainThatIsOffIsAnErrorIfOnlyRunningOnesAreMeant() {
        try (Guest guest = Guest.on(libvirtd, "off").disk(GuestDisk.qcow2(MIB)).define()) {
            assertThat(run(backup(libvirtd.unixUri(), guest.name(), "--running-only")))
                    .isEqualTo(failed("domain off is off, and only running ones are backed up"));
        }
    }

    @Test
    void aDiskThatTheDomainDoesNotHaveIsAnError() {
        try (Guest guest =
                Guest.on(libvirtd, "disks").disk(GuestDisk.qcow2(MIB)).start()) {
            for (String option : List.of("--disk", "--exclude")) {
                assertThat(run(backup(libvirtd.unixUri(), guest.name(), option, "vdx")))
                        .isEqualTo(failed("domain disks has no disk vdx; it has vda"));
            }
        }
    }

    @Test
    void aDestinationThatCannotBeWrittenIsAnError() throws IOException {
        try (Guest guest =
                Guest.on(libvirtd, "nowhere").disk(GuestDisk.qcow2(MIB)).start()) {
            Files.writeString(folder.resolve("file"), "in the way");
            repository = folder.resolve("file");
            CommandRun run = run(backup(libvirtd.unixUri(), guest.name()));
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.err())
                    .startsWith("error: ")
                    .contains(repository.toString())
                    .hasLineCount(1);
            repository = folder;
            assertThat(run(backup(libvirtd.unixUri(), guest.name())))
                    .isEqualTo(failed(
                            folder + " is neither a repository nor empty (it holds file): choose an empty folder"));
        }
    }

    @Test
    void aFullDestinationIsAnErrorAndLeavesNothingUnfinished() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "full")
                .disk(GuestDisk.qcow2(64 * MIB).fill(0, 64 * MIB, 7))
                .start()) {
            Path small = Files.createDirectories(folder.resolve("small"));
            // A namespace of its own takes the small file system along when the command ends.
            String script = """
                    mount -t tmpfs -o size=16m tmpfs "$1" && repository=$1 && shift && "$@"
                    status=$?; find "$repository" -type f; exit $status
                    """;
            repository = small.resolve("backups");
            List<String> command = Stream.concat(
                            Stream.of(
                                    "unshare",
                                    "--mount",
                                    "bash",
                                    "-c",
                                    script,
                                    "-",
                                    small.toString(),
                                    Launcher.script().toString()),
                            Stream.of(backup(libvirtd.unixUri(), guest.name())))
                    .toList();
            Process process = new ProcessBuilder(command).start();
            String out = new String(process.getInputStream().readAllBytes());
            String err = new String(process.getErrorStream().readAllBytes());
            assertThat(process.waitFor()).as(err).isEqualTo(1);
            assertThat(err)
                    .matches(
                            "error: the backup of domain full failed: the disks have about 64 MiB to copy, and the file"
                                    + " system of " + repository
                                    + "/full has room for \\d+ MiB: 'virtwire prune' makes room, or"
                                    + " --compress needs less of it\n");
            assertThat(out.lines().map(file -> Path.of(file).getFileName().toString()))
                    .isSubsetOf("virtwire.json", "virtwire.sha256", ".lock", "lock");
        }
    }

    @Test
    void aDomainOfAnotherUuidUnderTheSameNameIsRefused() {
        Guest first = Guest.on(libvirtd, "twin").disk(GuestDisk.qcow2(MIB)).start();
        try (first) {
            assertThat(run(backup(libvirtd.unixUri(), "twin")).exitCode()).isZero();
        }
        try (Guest second = Guest.on(libvirtd, "twin")
                .disk(GuestDisk.existing(first.image("vda"), "qcow2"))
                .start()) {
            CommandRun run = run(backup(libvirtd.unixUri(), second.name()));
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.err())
                    .startsWith(
                            "error: " + repository.resolve("twin") + " holds points of another domain: twin with UUID ")
                    .hasLineCount(1);
        }
    }

    @Test
    void anUnencryptedExportThatOthersReachIsRefused() {
        try (Guest guest = Guest.on(libvirtd, "open").disk(GuestDisk.qcow2(MIB)).start()) {
            assertThat(run(backup(libvirtd.tcpUri(), guest.name(), "--nbd", "192.0.2.1:10809-10810")))
                    .isEqualTo(failed("the NBD export on 192.0.2.1 would hand the disks unencrypted to anyone who"
                            + " connects: run this on the host itself, use an encrypted connection, or allow it with"
                            + " --insecure-nbd"));
        }
    }

    @Test
    void aLevelThatThereIsNotIsRefusedBeforeConnecting() {
        assertThat(run(backup("qemu+tcp://no-such-host.invalid/system", "x", "--level", "differential")))
                .isEqualTo(new CommandRun(
                        2,
                        "",
                        "error: invalid value for option '--level': 'differential' is neither auto nor full nor"
                                + " incremental: use --since POINT (see: virtwire backup --help)\n"));
    }
}
