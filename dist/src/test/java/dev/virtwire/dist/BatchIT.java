// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Several domains in one run of the launcher. */
@ExtendWith(LibvirtdExtension.class)
class BatchIT {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private final List<Guest> guests = new ArrayList<>();
    private Path repository;
    private Libvirtd libvirtd;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        repository = folder.resolve("backups");
    }

    @AfterEach
    void endGuests() {
        guests.forEach(Guest::close);
    }

    private void start(String name, GuestDisk disk) {
        guests.add(Guest.on(libvirtd, name).disk(disk).start());
    }

    private String[] backup(String... words) {
        return Stream.concat(Stream.of("-c", libvirtd.unixUri(), "backup"), Arrays.stream(words))
                .toArray(String[]::new);
    }

    private static CommandRun run(String... arguments) {
        return new Launcher().run(arguments);
    }

    private void requireNothingLeftOnHost() throws IOException {
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            for (Guest guest : guests) {
                Domain domain = libvirt.domain(guest.name()).join();
                assertThat(domain.activeBackup().join()).isEmpty();
                assertThat(domain.checkpoints().list().join()).isEmpty();
            }
        }
        try (Stream<Path> files = Files.walk(libvirtd.directory().resolve("disks"))) {
            assertThat(files.map(Path::toString)).noneMatch(file -> file.contains("virtwire-"));
        }
    }

    @Test
    void oneDomainsFailureStopsNoOtherAndIsTheExitCode() throws IOException {
        start("batch-a", GuestDisk.qcow2(8 * MIB).pattern(1));
        start("batch-b", GuestDisk.qcow2(8 * MIB).pattern(2));
        guests.add(Guest.on(libvirtd, "batch-off").disk(GuestDisk.qcow2(MIB)).define());
        String dir = repository.toString();

        CommandRun run = run(backup("batch-a", "batch-off", "nobody", "batch-b", dir, "--running-only", "--json"));

        assertThat(run.exitCode()).isEqualTo(1);
        JsonNode domains = new ObjectMapper().readTree(run.out()).get("domains");
        assertThat(domains).hasSize(4);
        for (int good : List.of(0, 3)) {
            assertThat(domains.get(good).get("level").asText()).isEqualTo("full");
            assertThat(domains.get(good).get("error").isNull()).isTrue();
            assertThat(domains.get(good).get("pruned").isNull()).isTrue();
            assertThat(domains.get(good).has("bytesRead")).isTrue();
        }
        assertThat(domains.get(1).toString())
                .isEqualTo(
                        "{\"domain\":\"batch-off\",\"error\":{\"kind\":\"backup\",\"message\":\"domain batch-off is off,"
                                + " and only running ones are backed up\",\"exitCode\":1},\"passedOver\":null}");
        assertThat(domains.get(2).at("/error/kind").asText()).isEqualTo("not-found");
        assertThat(new ObjectMapper().readTree(run.err()).at("/error/message").asText())
                .startsWith("2 of 4 domains failed; the first: domain batch-off is off");

        CommandRun text = run(backup("batch-a", "batch-off", "batch-b", dir, "--keep", "1", "--running-only"));
        assertThat(text.exitCode()).isEqualTo(1);
        assertThat(text.err())
                .endsWith(
                        "error: 1 of 3 domains failed: domain batch-off is off, and only running ones are backed up\n");
        assertThat(text.out())
                .contains("failed: batch-off: domain batch-off is off")
                .containsPattern("completed: batch-a@\\S+")
                .containsPattern("completed: batch-b@\\S+");
        assertThat(run("verify", dir).exitCode()).isZero();
    }

    @Test
    void allDomainsAreBackedUpButThoseThatAreLeftOutWhichANoteSays() throws IOException {
        start("every-1", GuestDisk.qcow2(4 * MIB).pattern(1));
        start("every-2", GuestDisk.qcow2(4 * MIB).pattern(2));
        start("every-3", GuestDisk.qcow2(4 * MIB).pattern(3));
        guests.add(Guest.on(libvirtd, "every-off").disk(GuestDisk.qcow2(MIB)).define());
        List<String> others = others();
        List<String> words = new ArrayList<>(List.of("--all", "--exclude-domain", "every-2"));
        others.forEach(other -> words.addAll(List.of("--exclude-domain", other)));
        words.addAll(List.of("--jobs", "2", "--level", "full", "--keep", "2", repository.toString(), "--json"));

        for (int i = 0; i < 3; i++) {
            CommandRun run = run(backup(words.toArray(String[]::new)));
            assertThat(run.err()).isEmpty();
            assertThat(run.exitCode()).isZero();
            JsonNode object = new ObjectMapper().readTree(run.out());
            assertThat(object.get("warnings")).isEmpty();
            JsonNode domains = object.get("domains");
            assertThat(domains)
                    .extracting(domain -> domain.get("domain").asText())
                    .containsExactly("every-1", "every-3", "every-off");
            assertThat(domains.get(1).at("/pruned/removed").asInt()).isEqualTo(i == 2 ? 1 : 0);
        }
        CommandRun points = run("points", repository.toString(), "--json");
        assertThat(new ObjectMapper().readTree(points.out()).get("domains"))
                .hasSize(3)
                .allMatch(domain -> domain.get("points").size() == 2);
        words.remove("--json");
        words.add("--running-only");
        CommandRun running = run(backup(words.toArray(String[]::new)));
        assertThat(running.err())
                .containsPattern("note: left out by --exclude-domain: (.*, )?every-2(, .*)?\n")
                .contains("note: left out because they are off: every-off\n");
        assertThat(running.out()).contains("completed: every-1@", "completed: every-3@");
        words.addAll(0, List.of("--exclude-domain", "every-1", "--exclude-domain", "every-3"));
        CommandRun none = run(backup(words.toArray(String[]::new)));
        assertThat(none.exitCode()).isZero();
        assertThat(none.err()).contains("note: no domain of " + at() + " is left to back up\n");
    }

    @Test
    void aGuestWithoutDisksAndAnExclusionOfNobodyAreNotes() throws IOException {
        start("notes-1", GuestDisk.qcow2(MIB).pattern(1));
        guests.add(Guest.on(libvirtd, "notes-2").start());
        List<String> words = new ArrayList<>(List.of("--all", "--exclude-domain", "gone-9"));
        others().forEach(other -> words.addAll(List.of("--exclude-domain", other)));
        words.add(repository.toString());

        CommandRun run = run(backup(words.toArray(String[]::new)));

        assertThat(run.err())
                .contains("note: there is no domain 'gone-9' to exclude on " + at() + "\n")
                .contains("notes-2: no disk of it can be backed up: the point holds its definition\n");
        assertThat(run.exitCode()).isZero();
        assertThat(run("points", repository.toString()).out())
                .contains("notes-1")
                .contains("notes-2");
        words.add("--json");
        JsonNode domains = new ObjectMapper()
                .readTree(run(backup(words.toArray(String[]::new))).out())
                .get("domains");
        assertThat(domains.get(1).get("error").isNull()).isTrue();
        assertThat(domains.get(1).get("passedOver").isNull()).isTrue();
        assertThat(domains.get(1).get("disks")).isEmpty();

        assertThat(run("verify", repository.toString(), "notes-2").exitCode()).isZero();
        CommandRun restored = run(
                "--connect",
                libvirtd.unixUri(),
                "restore",
                repository.toString(),
                "notes-2",
                "--to",
                folder.resolve("restored").toString(),
                "--define",
                "--name",
                "notes-3");
        assertThat(restored.exitCode()).as(restored.err()).isZero();
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            libvirt.domain("notes-3").join().undefine().join();
        }
    }

    private String at() {
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            return libvirt.uri().where();
        }
    }

    /** Guests of other tests on this host. */
    private List<String> others() {
        List<String> mine = guests.stream().map(Guest::name).toList();
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            return libvirt.domains().join().stream()
                    .map(Domain::name)
                    .filter(name -> !mine.contains(name))
                    .toList();
        }
    }

    @Test
    void aSignalEndsAllOfThemAndLeavesNothing() throws IOException {
        for (int i = 1; i <= 3; i++) {
            start("stop-" + i, GuestDisk.qcow2(64 * MIB).fill(0, 64 * MIB, i));
        }
        Launcher.Running running = new Launcher()
                .start(backup(
                        "stop-1", "stop-2", "stop-3", repository.toString(), "--jobs", "2", "--bwlimit", "1M", "-q"));
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            for (String name : List.of("stop-1", "stop-2")) {
                Domain domain = libvirt.domain(name).join();
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> domain.activeBackup().join().isPresent()
                                || !running.process().isAlive());
            }
        }
        running.signal("INT");

        assertThat(running.await())
                .isEqualTo(new CommandRun(
                        130,
                        "",
                        "error: interrupted: 3 of 3 domains were not backed up, and nothing of them is left\n"));
        requireNothingLeftOnHost();
        assertThat(run("points", repository.toString(), "-q")).isEqualTo(new CommandRun(0, "", ""));
    }

    /** What docs/command.md promises. */
    @Test
    void eightGuestsAtOnceStayWithinTheStatedMemory() throws IOException {
        List<String> words = new ArrayList<>();
        for (int i = 1; i <= 8; i++) {
            start("eight-" + i, GuestDisk.qcow2(48 * MIB).fill(0, 48 * MIB, i));
            words.add("eight-" + i);
        }
        words.addAll(List.of(repository.toString(), "--jobs", "8", "--json"));

        CommandRun run = new Launcher()
                .with("VIRTWIRE_OPTS", "-Xmx64m -XX:MaxDirectMemorySize=128m")
                .run(backup(words.toArray(String[]::new)));

        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(new ObjectMapper().readTree(run.out()).get("domains"))
                .hasSize(8)
                .allMatch(domain ->
                        domain.get("error").isNull() && domain.get("bytesRead").asLong() == 48 * MIB);
    }
}
