// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtwire.cli.CommandRun;
import dev.virtwire.cli.command.WaitOption;
import dev.virtwire.repository.Hold;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointMaker;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.journal.DomainLock;
import java.io.IOException;
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
import picocli.CommandLine;

/** Prune, hold, release and forget on a repository with two domains, whose points are some days old. */
class RetentionCommandsTest {
    private static final int SIZE = 1 << 16;

    @TempDir
    Path folder;

    private final List<String> points = new ArrayList<>();
    private Path backups;
    private String dir;

    @BeforeEach
    void makePoints() throws IOException {
        backups = folder.resolve("backups");
        dir = backups.toString();
        PointMaker maker = new PointMaker(backups);
        MemoryDisk disk = MemoryDisk.random(SIZE, new Random(37));
        Point point = maker.full(Map.of("vda", disk));
        points.add(point.id());
        for (int i = 0; i < 3; i++) {
            disk = disk.later(new Random(38 + i));
            point = maker.increment(Map.of("vda", disk), point);
            points.add(point.id());
        }
        copyDomain("web2");
    }

    private void copyDomain(String name) throws IOException {
        Path from = backups.resolve("web1");
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.toList()) {
                Files.copy(path, backups.resolve(name).resolve(from.relativize(path)));
            }
        }
    }

    private static JsonNode json(CommandRun run) throws IOException {
        return new ObjectMapper().readTree(run.out());
    }

    /** Row H8: with the default level every point builds on the one before, and no point could ever go. */
    @Test
    void pointsThatOthersBuildOnAreMerged() throws IOException {
        CommandRun told = CommandRun.of("prune", dir, "web1", "--keep-last", "1", "--dry-run");
        assertThat(told.out())
                .containsPattern(
                        "web1 +" + points.get(0) + " +merged .* no rule keeps it: merged into " + points.get(3))
                .containsPattern(
                        "web1: 0 points would be removed and 3 merged, at most .* read, .* written and .* freed;"
                                + " 1 stay\n");
        assertThat(CommandRun.of("points", dir, "web1").out().lines()).hasSize(5);

        JsonNode done = json(CommandRun.of("prune", dir, "web1", "--keep-last", "1", "--json"))
                .at("/domains/0");
        assertThat(done.get("removed").asInt()).isEqualTo(3);
        assertThat(done.at("/merges/0/into").asText()).isEqualTo(points.get(3));
        assertThat(done.at("/merges/0/points")).hasSize(3);
        assertThat(done.get("notices")).isEmpty();
        assertThat(CommandRun.of("points", dir, "web1").out().lines()).hasSize(2);
        assertThat(CommandRun.of("verify", dir, "web1", "--depth", "full").exitCode())
                .isZero();
    }

    @Test
    void aDomainThatIsBadIsNamedAndTheOthersArePruned() throws IOException {
        copyDomain("bad1");
        copyDomain("bad2");
        for (String bad : List.of("bad1", "bad2")) {
            Files.writeString(backups.resolve(bad).resolve(".journal/held"), "torn");
        }
        CommandRun run = CommandRun.of("prune", dir, "--keep-last", "4");

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.out())
                .contains("failed: bad1: " + backups.resolve("bad1/.journal/held") + ": is not what was written")
                .contains("failed: bad2: " + backups.resolve("bad2/.journal/held") + ": is not what was written")
                .contains("web1: 0 points removed, 0 B; 4 stay\n")
                .contains("web2: 0 points removed, 0 B; 4 stay\n");
        assertThat(run.err())
                .startsWith("error: " + backups + ": 2 domains were not pruned, the first for this reason: ")
                .hasLineCount(1);
        CommandRun json = CommandRun.of("prune", dir, "bad1", "web1", "gone", "--keep-last", "4", "--json");
        assertThat(json.exitCode()).isEqualTo(1);
        assertThat(json(json).at("/domains/0/error/kind").asText()).isEqualTo("damaged");
        assertThat(json(json).at("/domains/1/points")).hasSize(4);
        assertThat(json(json).at("/domains/2/error/message").asText()).contains("holds nothing of a domain gone");
    }

    @Test
    void aPointIsHeldShownAndReleased() throws IOException {
        String name = "web1@" + points.get(1);
        assertThat(CommandRun.of("hold", dir, name, "--reason", "before the upgrade"))
                .isEqualTo(new CommandRun(0, "held: " + name + "\n", ""));
        assertThat(CommandRun.of("points", dir, "web1").out())
                .containsPattern(points.get(1) + " .* completed; held: before the upgrade\n")
                .containsPattern(points.get(2) + " .* completed\n");
        JsonNode hold = json(CommandRun.of("points", dir, "--json")).at("/domains/0/held/0");
        assertThat(hold.get("point").asText()).isEqualTo(points.get(1));
        assertThat(hold.get("reason").asText()).isEqualTo("before the upgrade");
        assertThat(CommandRun.of("prune", dir, "web1", "--keep-last", "1", "--dry-run")
                        .out())
                .containsPattern("web1 +" + points.get(1) + " +kept .* held: before the upgrade\n");

        assertThat(CommandRun.of("release", dir, "web1@" + points.get(0)))
                .isEqualTo(new CommandRun(1, "", "error: point " + points.get(0) + " of domain web1 is not held\n"));
        assertThat(json(CommandRun.of("release", dir, name, "--json")).toString())
                .isEqualTo("{\"domain\":\"web1\",\"released\":\"" + points.get(1) + "\"}");
        assertThat(CommandRun.of("hold", dir, "web1"))
                .isEqualTo(new CommandRun(2, "", "error: name a point, as web1@POINT: 'virtwire points' lists them\n"));
    }

    @Test
    void forgetShowsAndWithYesErases() throws IOException {
        CommandRun shown = CommandRun.of("forget", dir, "web1");
        assertThat(shown.err()).isEmpty();
        assertThat(shown.out())
                .startsWith("would be erased by --yes: web1, 4 points, ")
                .contains(", last backed up at 2026-11-22 19:04:05Z\n");
        assertThat(backups.resolve("web1").resolve(points.get(0))).exists();

        CommandRun.of("hold", dir, "web1@" + points.get(0));
        assertThat(CommandRun.of("forget", dir, "web1").out())
                .startsWith("not erased: web1, 4 points, ")
                .contains("\n  point " + points.get(0) + " is held (see release)\n");
        assertThat(CommandRun.of("forget", dir, "web1", "--yes").err())
                .isEqualTo("error: domain web1 is not erased: point " + points.get(0) + " is held (see release)\n");
        CommandRun.of("release", dir, "web1@" + points.get(0));

        JsonNode erased = json(CommandRun.of("forget", dir, "web1", "--yes", "--json"));
        assertThat(erased.get("erased").asBoolean()).isTrue();
        assertThat(erased.get("points")).hasSize(4);
        assertThat(backups.resolve("web1")).doesNotExist();
        assertThat(CommandRun.of("points", dir).out().lines()).hasSize(5);
    }

    /** Nothing else names it then, and cron mails what is printed. */
    @Test
    void whatRemainsOnAHostIsSaidWithQuietToo() throws IOException {
        new PointMaker(backups).pushed("vdb");
        copyDomain("web3");
        String image = ": image /pushed/vdb on host node1 (qemu:///system)\n";

        CommandRun forgotten = CommandRun.of("forget", dir, "web1", "--yes", "--quiet");
        CommandRun gone = CommandRun.of("prune", dir, "web3", "--gone-for", "1d", "--yes", "--quiet");

        assertThat(forgotten.out())
                .startsWith("may remain: web1: checkpoint virtwire-")
                .endsWith("may remain: web1" + image)
                .hasLineCount(2);
        assertThat(gone.out())
                .startsWith("may remain: web3: checkpoint virtwire-")
                .endsWith("may remain: web3" + image)
                .hasLineCount(2);
        assertThat(backups.resolve("web1")).doesNotExist();
        assertThat(backups.resolve("web3")).doesNotExist();
    }

    @Test
    void mergesReadAsSlowlyAsIsAskedFor() {
        PruneCommand prune = new PruneCommand();
        new CommandLine(prune).parseArgs(dir, "--keep-last", "1", "--bwlimit", "20M");
        assertThat(prune.request("web1", Retention.ofLast(1)).bytesPerSecond()).isEqualTo(20 << 20);
        assertThat(CommandRun.of("prune", dir, "web1", "--keep-last", "1", "--bwlimit", "1G")
                        .exitCode())
                .isZero();
    }

    @Test
    void anotherRunIsWaitedForAndNamedOnce() {
        String busy = "domain web1 in " + dir + " is being written by another run (process "
                + ProcessHandle.current().pid();
        DomainLock held =
                RepositoryStore.open(backups, DurableFiles.PLAIN).domain("web1").lock();
        assertThat(CommandRun.of("hold", dir, "web1@" + points.get(0)).err())
                .startsWith("error: " + busy)
                .endsWith("; wait until it is done\n");
        CommandRun impatient = CommandRun.of("hold", dir, "web1@" + points.get(0), "--wait", "2s");
        assertThat(impatient.exitCode()).isEqualTo(1);
        assertThat(impatient.err())
                .startsWith("note: it waits for at most 2 s, because " + busy)
                .contains(")\nerror: " + busy)
                .endsWith("). It was waited for, 2 s\n");

        CommandRun recovered = CommandRun.of("recover", dir, "--wait", "2s");
        assertThat(recovered.err())
                .startsWith("note: it waits for at most 2 s, because " + busy)
                .contains("\nnote: domain web1 is being written by another run, and was left alone\n");

        CommandRun pruned = CommandRun.of("prune", dir, "--keep-last", "1", "--wait", "2s");
        assertThat(pruned.exitCode()).isEqualTo(1);
        assertThat(pruned.out()).contains("failed: web1: " + busy).contains("web2: 0 points removed and 3 merged");

        WaitOption patient = new WaitOption();
        new CommandLine(patient).parseArgs("--wait", "10m");
        List<String> notes = new ArrayList<>();
        Hold hold = patient.whenFree(() -> Repository.open(backups).hold("web1", points.get(0), null), note -> {
            notes.add(note);
            held.close();
        });
        assertThat(hold.point()).isEqualTo(points.get(0));
        assertThat(notes).singleElement().asString().startsWith("it waits for at most 10 min, because " + busy);
        assertThat(CommandRun.of("new-id", dir, "--wait", "10m").exitCode()).isZero();
    }

    @Test
    void aRestoreSaysAsJsonWhatItSaysAsText() throws IOException {
        Path manifest = backups.resolve("web1").resolve(points.get(3)).resolve("manifest.json");
        Files.writeString(manifest, "{}");
        String passed = "passed over, since it cannot be restored from here: " + manifest;

        CommandRun text = CommandRun.of("restore", dir, "web1", "--to", folder + "/a");
        CommandRun json = CommandRun.of("restore", dir, "web1", "--to", folder + "/b", "--json");

        assertThat(text.exitCode()).isEqualTo(3);
        assertThat(text.err()).startsWith("warning: " + passed);
        assertThat(json.exitCode()).isEqualTo(3);
        assertThat(json.err().lines().findFirst())
                .hasValueSatisfying(line -> assertThat(line).startsWith("{\"warning\":\"" + passed));
        assertThat(json(json).at("/passedOver/0").asText()).startsWith(manifest.toString());
    }

    @Test
    void domainsThatAreGoneAreShownAndErasedOnlyWithYes() throws IOException {
        CommandRun shown = CommandRun.of("prune", dir, "web1", "--gone-for", "1d");
        assertThat(shown.exitCode()).isZero();
        assertThat(shown.out()).startsWith("would be erased by --yes: web1, 4 points, ");
        assertThat(CommandRun.of("prune", dir, "--gone-for", "9999w").out()).isEmpty();
        assertThat(CommandRun.of("prune", dir, "web1", "--gone-for", "1d", "--yes", "--dry-run")
                        .out())
                .startsWith("would be erased by --yes: web1, 4 points, ");
        assertThat(CommandRun.of("prune", dir, "--gone-for", "1d", "--yes").err())
                .startsWith("error: none of the 2 domains in " + dir + " was backed up for so long");
        assertThat(CommandRun.of("points", dir).out().lines()).hasSize(9);

        CommandRun.of("hold", dir, "web2@" + points.get(0));
        JsonNode done =
                json(CommandRun.of("prune", dir, "web1", "--gone-for", "1d", "--yes", "--keep-last", "4", "--json"));
        assertThat(done.at("/domains/0/gone/erased").asBoolean()).isTrue();
        assertThat(backups.resolve("web1")).doesNotExist();

        CommandRun held = CommandRun.of("prune", dir, "--gone-for", "1d", "--yes");
        assertThat(held.exitCode()).isZero();
        assertThat(held.out())
                .startsWith("not erased: web2, 4 points, ")
                .contains("point " + points.get(0) + " is held");
        assertThat(backups.resolve("web2").resolve(points.get(0))).exists();
    }
}
