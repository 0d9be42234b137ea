// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtwire.cli.CommandRun;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointMaker;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code virtwire restore --all}: every domain of a repository. */
class WholeRestoreTest {
    @TempDir
    Path folder;

    private final MemoryDisk older = MemoryDisk.random(1 << 20, new Random(81));
    private final MemoryDisk newer = older.later(new Random(82));
    private Path backups;
    private Path out;
    private Point newest;

    @BeforeEach
    void makePoints() throws IOException {
        backups = folder.resolve("backups");
        out = folder.resolve("out");
        PointMaker maker = new PointMaker(backups);
        newest = maker.increment(Map.of("vda", newer), maker.full(Map.of("vda", older)));
        for (String name : List.of("web2", "web3")) {
            try (Stream<Path> all = Files.walk(backups.resolve("web1"))) {
                for (Path path : all.toList()) {
                    Files.copy(
                            path,
                            backups.resolve(name)
                                    .resolve(backups.resolve("web1").relativize(path)));
                }
            }
        }
    }

    private CommandRun restore(String... more) {
        return CommandRun.of(Stream.concat(
                        Stream.of("restore", backups.toString(), "--all", "--to", out.toString(), "--format", "raw"),
                        Stream.of(more))
                .toArray(String[]::new));
    }

    private void breakManifests(String domain) throws IOException {
        try (Stream<Path> all = Files.walk(backups.resolve(domain))) {
            for (Path path : all.filter(file -> file.endsWith("manifest.json")).toList()) {
                Files.writeString(path, "{}");
            }
        }
    }

    @Test
    void everyDomainGetsItsNewestPointInAFolderOfItsOwn() throws IOException {
        CommandRun run = restore();

        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        for (String name : List.of("web1", "web2", "web3")) {
            // The copies are of a domain web1 too, and its name is that of the files.
            assertThat(out.resolve(name).resolve("web1-vda.raw")).hasBinaryContent(newer.content);
            assertThat(run.out()).contains("restored web1@" + newest.id() + " to " + out.resolve(name) + ": ");
        }
    }

    @Test
    void theOthersAreRestoredIfOneFails() throws IOException {
        Files.createDirectories(out.resolve("web2"));
        Path taken = Files.writeString(out.resolve("web2/web1-vda.raw"), "mine");

        CommandRun run = restore();

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err())
                .isEqualTo("error: 1 of 3 domains failed: " + taken
                        + " exists already: choose another folder, or allow replacing\n");
        assertThat(run.out())
                .contains("failed: web2: " + taken + " exists already")
                .hasLineCount(3);
        assertThat(taken).hasContent("mine");
        assertThat(out.resolve("web1/web1-vda.raw")).hasBinaryContent(newer.content);
        assertThat(out.resolve("web3/web1-vda.raw")).hasBinaryContent(newer.content);

        assertThat(restore("--replace").exitCode()).isZero();
        assertThat(taken).hasBinaryContent(newer.content);
    }

    @Test
    void damageAloneHasItsOwnExitCode() throws IOException {
        breakManifests("web2");
        Files.writeString(newest.folder().resolve("manifest.json"), "{}");

        CommandRun run = restore("--json");

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("\"message\":\"1 of 3 domains failed: ").contains("\"exitCode\":3");
        JsonNode domains = new ObjectMapper().readTree(run.out()).get("domains");
        assertThat(domains).hasSize(3);
        assertThat(domains.at("/0/domain").asText()).isEqualTo("web1");
        assertThat(domains.at("/0/passedOver")).hasSize(1);
        assertThat(domains.at("/0/error/message").asText()).contains("is not the newest");
        assertThat(domains.at("/1/domain").asText()).isEqualTo("web2");
        assertThat(domains.at("/1/error/kind").asText()).isEqualTo("damaged");
        assertThat(domains.at("/2/domain").asText()).isEqualTo("web1");
        assertThat(domains.at("/2/error").isNull()).isTrue();
        assertThat(out.resolve("web1/web1-vda.raw")).hasBinaryContent(older.content);
        assertThat(out.resolve("web2")).doesNotExist();
    }

    @Test
    void noFolderIsLeftIfNoDomainIsRestored() throws IOException {
        for (String name : List.of("web1", "web2", "web3")) {
            breakManifests(name);
        }
        assertThat(restore().err()).startsWith("error: 3 of 3 domains failed; the first: ");
        assertThat(out).doesNotExist();
    }

    @Test
    void theReasonsAreToldIfSomebodyElseHasPutSomethingIntoTheFolder() throws IOException {
        List<String> interrupted = new ArrayList<>();
        List<WholeRestore.Outcome> outcomes = new WholeRestore(out, false)
                .run(List.of("web1", "web2"), (domain, outcome) -> {
                    interrupted.add(outcome.tooLate());
                    try {
                        Files.writeString(out.resolve("notes-" + domain), "theirs");
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    throw new RepositoryException("there is no room for " + domain);
                });

        assertThat(outcomes)
                .extracting(outcome -> outcome.failure().getMessage())
                .containsExactly("there is no room for web1", "there is no room for web2");
        assertThat(out.resolve("notes-web1")).hasContent("theirs");
        // What is said if a signal comes while the restore of one of them ends.
        assertThat(interrupted)
                .containsExactly("1 of 2 domains were restored: web1", "1 of 2 domains were restored: web2");
    }
}
