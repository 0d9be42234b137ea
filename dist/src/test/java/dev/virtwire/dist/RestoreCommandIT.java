// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Restore and verify as processes: what a signal does to them, and what the options mean. */
@ExtendWith(LibvirtdExtension.class)
class RestoreCommandIT {
    private static final long MIB = 1 << 20;
    private static final String NAME = "restored";

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Libvirtd libvirtd;
    private static Guest guest;
    private static String repository;

    @BeforeAll
    static void backUp(Libvirtd given) {
        libvirtd = given;
        repository = shared.resolve("backups").toString();
        guest = Guest.on(libvirtd, NAME)
                .disk(GuestDisk.qcow2(48 * MIB).random(0, 40 * MIB, 5))
                .start();
        guest.copyDisk("vda", shared.resolve("vda.raw"));
        assertThat(run("-c", libvirtd.unixUri(), "backup", NAME, repository).exitCode())
                .isZero();
    }

    @AfterAll
    static void endGuest() {
        guest.close();
    }

    private static CommandRun run(String... arguments) {
        return new Launcher().run(arguments);
    }

    private static List<String> list(Path folder) throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void aSignalEndsARestoreAndLeavesNoFile(String signal) throws Exception {
        Path out = folder.resolve("out");
        Launcher.Running running =
                new Launcher().start("restore", repository, NAME, "--to", out.toString(), "--bwlimit", "2M");
        await().pollInterval(Duration.ofMillis(20))
                .atMost(Duration.ofSeconds(60))
                .until(() -> Files.exists(out.resolve("." + NAME + "-vda.qcow2.partial")));
        assertThat(running.process().isAlive()).isTrue();
        running.signal(signal);
        assertThat(running.await()).isEqualTo(new CommandRun(130, "", "error: interrupted; nothing of it is left\n"));
        assertThat(out).doesNotExist();
        assertThat(list(folder)).isEmpty();
    }

    @Test
    void aSignalEndsAVerificationAndTheNextOneResumesIt() throws Exception {
        Path record = Path.of(repository, NAME, ".journal", "verified");
        Launcher.Running running = new Launcher().start("verify", repository, "--resume", "--bwlimit", "1M", "--json");
        // Ten seconds after the start, what was found right is written, and 30 MiB are left.
        await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(record));
        running.signal("TERM");
        CommandRun ended = running.await();
        assertThat(ended.exitCode()).isEqualTo(130);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err())
                .isEqualTo("{\"error\":{\"kind\":\"interrupted\",\"message\":\"interrupted; 'virtwire verify --resume'"
                        + " continues there\",\"exitCode\":130}}\n");
        assertThat(record).exists();
        assertThat(run("verify", repository, "--resume").err())
                .startsWith("note: the verification of domain " + NAME + " that began at ")
                .endsWith(" is resumed\n");
        assertThat(record).doesNotExist();
    }

    @Test
    void everyDepthIsSaid() {
        for (String depth : List.of("structure", "digests", "full")) {
            assertThat(run("verify", repository, "--depth", depth, "--json").out())
                    .contains("\"intact\" : true", "\"depth\" : \"" + depth + "\"");
        }
        assertThat(run("verify", repository, "--depth", "structure").out())
                .matches("intact: 1 point, by their structure, looked at in .* s\n");
        assertThat(run("verify", repository, NAME, "--depth", "deep"))
                .isEqualTo(new CommandRun(
                        2,
                        "",
                        "error: invalid value for option '--depth': 'deep' is neither structure nor digests nor"
                                + " full (see: virtwire verify --help)\n"));
    }

    @Test
    void littleMemoryIsEnough() {
        Launcher small = new Launcher().with("VIRTWIRE_OPTS", "-Xmx64m -XX:MaxDirectMemorySize=128m");
        assertThat(small.run("verify", repository, "--depth", "full").err()).isEmpty();
        assertThat(small.run("restore", repository, NAME, "--to", folder + "/out")
                        .err())
                .isEmpty();
    }

    @Test
    void aRestoredDomainIsDefinedUnderAnotherName() throws Exception {
        Path out = Files.createTempDirectory(libvirtd.directory(), "cli").resolve("out");
        CommandRun run = run(
                "-c",
                libvirtd.unixUri(),
                "restore",
                repository,
                NAME,
                "--to",
                out.toString(),
                "--define",
                "--name",
                "again");
        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .matches("restored " + NAME + "@\\S+ to " + out
                        + ": again-vda.qcow2, again-domain.xml; .* written in .* s\n"
                        + "defined: domain again with UUID \\S+, not started\n");
        assertThat(Files.getPosixFilePermissions(out)).hasSize(5);
        assertThat(run("-c", libvirtd.unixUri(), "info", "again").out()).contains(out + "/again-vda.qcow2");
        Process undefine = new ProcessBuilder("virsh", "-q", "-c", libvirtd.unixUri(), "undefine", "again")
                .inheritIO()
                .start();
        assertThat(undefine.waitFor()).isZero();
    }

    @Test
    void ifTheDefinitionIsDamagedTheErrorSaysHowToGetTheRest() throws Exception {
        Path copy = folder.resolve("copy");
        Process copying = new ProcessBuilder("cp", "-r", repository, copy.toString())
                .inheritIO()
                .start();
        assertThat(copying.waitFor()).isZero();
        Path definition;
        try (Stream<Path> files = Files.walk(copy)) {
            definition = files.filter(file -> file.endsWith("domain.xml"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.writeString(definition, "<domain/>");
        String point = NAME + "@" + definition.getParent().getFileName();
        Path out = folder.resolve("out");
        List<String> restore = List.of("-c", libvirtd.unixUri(), "restore", copy.toString(), point, "--to", out + "");
        for (List<String> options : List.of(List.of("--define"), List.of("--define", "--salvage"))) {
            CommandRun refused = run(Stream.of(restore, options, List.of("--name", "lost"))
                    .flatMap(List::stream)
                    .toArray(String[]::new));
            assertThat(refused.exitCode()).isEqualTo(3);
            assertThat(refused.err())
                    .startsWith("error: " + definition)
                    .endsWith("; without --define and with --salvage, the rest is restored\n")
                    .hasLineCount(1);
            assertThat(out).doesNotExist();
        }
        CommandRun salvaged = run("restore", copy.toString(), point, "--to", out.toString(), "--salvage");
        assertThat(salvaged.exitCode()).isEqualTo(3);
        assertThat(list(out)).containsExactly(NAME + "-vda.qcow2");
    }

    @Test
    void aDomainThatRunsIsNotReplaced() {
        assertThat(run(
                        "-c",
                        libvirtd.unixUri(),
                        "restore",
                        repository,
                        NAME,
                        "--to",
                        folder + "/out",
                        "--define",
                        "--replace"))
                .isEqualTo(new CommandRun(
                        1, "", "error: domain " + NAME + " is running: shut it down, or choose another name\n"));
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void aChainIsRestoredIntoAFolderForEachPoint() throws Exception {
        Path out = folder.resolve("out");
        CommandRun run = run("restore", repository, NAME, "--to", out.toString(), "--chain", "--json");
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("\"definedName\" : null", "\"notices\" : [ ]", "-full/vda.qcow2\"");
        assertThat(list(out)).hasSize(2).contains(NAME + "-domain.xml");
    }

    @Test
    void optionsThatMakeNoSenseTogetherAreRefusedBeforeAnythingIsDone() {
        assertThat(run("restore", repository, NAME, "--to", folder + "/out", "--chain", "--format", "raw"))
                .isEqualTo(new CommandRun(2, "", "error: --chain copies qcow2 images: leave out --format raw\n"));
        assertThat(run("restore", repository, NAME, "--to", folder + "/out", "--name", "again"))
                .isEqualTo(new CommandRun(2, "", "error: --name is for --define\n"));
    }

    @Test
    void aPoolTakesADomainOverTheLibvirtConnection() throws Exception {
        Path pool = Files.createDirectory(libvirtd.directory().resolve("restore-pool"));
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            StoragePool made = libvirt.storage()
                    .createPool("<pool type='dir'><name>restore-pool</name><target><path>%s</path></target></pool>"
                            .formatted(pool))
                    .join();
            CommandRun run = run(
                    "-c",
                    libvirtd.tcpUri(),
                    "restore",
                    repository,
                    NAME,
                    "--pool",
                    "restore-pool",
                    "--define",
                    "--name",
                    "pooled");
            assertThat(run.exitCode()).as(run.err()).isZero();
            assertThat(run.out())
                    .matches("restored " + NAME
                            + "@\\S+ to storage pool restore-pool: pooled-vda.raw; .* written in .* s\n"
                            + "defined: domain pooled with UUID \\S+, not started\n");
            assertThat(Files.mismatch(shared.resolve("vda.raw"), pool.resolve("pooled-vda.raw")))
                    .isEqualTo(-1);
            libvirt.domain("pooled").join().undefine().join();
            made.destroy().join();
        }
    }
}
