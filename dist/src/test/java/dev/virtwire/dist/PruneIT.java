// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The launcher removes points of a real guest. */
@ExtendWith(LibvirtdExtension.class)
class PruneIT {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private final List<String> points = new ArrayList<>();
    private Path repository;
    private Libvirtd libvirtd;
    private Guest guest;

    @BeforeEach
    void backUpThreeTimes(Libvirtd shared, TestInfo test) throws IOException {
        libvirtd = shared;
        repository = folder.resolve("backups");
        guest = Guest.on(libvirtd, "prune-" + (test.getDisplayName().hashCode() & 0xffff))
                .disk(GuestDisk.qcow2(8 * MIB).pattern(1))
                .start();
        for (int i = 0; i < 3; i++) {
            backUp();
        }
    }

    @AfterEach
    void endGuest() {
        guest.close();
    }

    private static CommandRun run(String... arguments) {
        return new Launcher().run(arguments);
    }

    private void backUp() throws IOException {
        CommandRun run = run(
                "-c", libvirtd.unixUri(), "backup", guest.name(), repository.toString(), "--level", "full", "--json");
        assertThat(run.err()).isEmpty();
        points.add(new ObjectMapper().readTree(run.out()).get("point").asText());
    }

    private void requireLeft(String... ids) {
        CommandRun listed = run("points", repository.toString());
        assertThat(listed.out().lines().skip(1).map(line -> line.split(" +")[1]))
                .containsExactly(ids);
        CommandRun verified = run("verify", repository.toString());
        assertThat(verified.err()).isEmpty();
        assertThat(verified.exitCode()).isZero();
    }

    @Test
    void saysWhatItWouldDoDoesItAndGoesOnFromThere() throws IOException {
        CommandRun dry = run("prune", repository.toString(), "--keep-last", "2", "--dry-run");
        assertThat(dry.err()).isEmpty();
        assertThat(dry.exitCode()).isZero();
        assertThat(dry.out().lines())
                .hasSize(5)
                .anyMatch(line ->
                        line.matches(guest.name() + " +" + points.get(0) + " +removed +\\d.* MiB +no rule keeps it"));
        assertThat(dry.out()).matches("(?s).*" + guest.name() + ": 1 point would be removed, .* MiB; 2 stay\n");
        requireLeft(points.toArray(String[]::new));

        CommandRun done = run("prune", repository.toString(), guest.name(), "--keep-last", "2", "--json");
        assertThat(done.err()).isEmpty();
        JsonNode json = new ObjectMapper().readTree(done.out());
        assertThat(json.get("dryRun").asBoolean()).isFalse();
        JsonNode domain = json.at("/domains/0");
        assertThat(domain.get("domain").asText()).isEqualTo(guest.name());
        assertThat(domain.get("removed").asInt()).isEqualTo(1);
        assertThat(domain.get("freed").asLong())
                .isPositive()
                .isEqualTo(domain.at("/points/0/stored").asLong());
        assertThat(domain.at("/points/0/point").asText()).isEqualTo(points.get(0));
        assertThat(domain.at("/points/0/kept").asBoolean()).isFalse();
        assertThat(domain.at("/points/2/reason").asText()).isEqualTo("the next increment starts from its checkpoint");
        assertThat(domain.get("damage")).isEmpty();
        requireLeft(points.get(1), points.get(2));

        backUp();
        assertThat(run("-q", "prune", repository.toString(), "--keep-daily", "1"))
                .isEqualTo(new CommandRun(0, "", ""));
        requireLeft(points.get(3));
    }

    @Test
    void aHeldPointIsShownAndStaysUntilItIsReleased() throws IOException {
        String name = guest.name() + "@" + points.get(0);
        assertThat(run("hold", repository.toString(), name, "--reason", "before the upgrade"))
                .isEqualTo(new CommandRun(0, "held: " + name + "\n", ""));
        assertThat(run("points", repository.toString()).out())
                .containsPattern(points.get(0) + " .* completed; held: before the upgrade\n");
        JsonNode held = new ObjectMapper()
                .readTree(run("--json", "points", repository.toString()).out())
                .at("/domains/0/held/0");
        assertThat(held.get("point").asText()).isEqualTo(points.get(0));
        assertThat(held.get("reason").asText()).isEqualTo("before the upgrade");

        assertThat(run("prune", repository.toString(), "--keep-last", "1").out())
                .containsPattern(points.get(0) + " +kept .* held: before the upgrade\n");
        requireLeft(points.get(0), points.get(2));

        assertThat(run("hold", repository.toString(), guest.name()).exitCode()).isEqualTo(2);
        assertThat(run("release", repository.toString(), guest.name() + "@" + points.get(2))
                        .err())
                .endsWith(points.get(2) + " of domain " + guest.name() + " is not held\n");
        assertThat(run("release", repository.toString(), name, "--quiet")).isEqualTo(new CommandRun(0, "", ""));
        run("prune", repository.toString(), "--keep-last", "1");
        requireLeft(points.get(2));
    }

    @Test
    void damageStaysAndIsTheExitCode() throws IOException {
        Path manifest = repository.resolve(guest.name()).resolve(points.get(1)).resolve("manifest.json");
        Files.writeString(manifest, "{}");

        CommandRun run = run("prune", repository.toString(), "--keep-last", "1");

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).startsWith("error: " + manifest).hasLineCount(1);
        assertThat(run.out()).contains("its manifest cannot be read").contains(guest.name() + ": 1 point removed");
        assertThat(repository.resolve(guest.name()).resolve(points.get(0))).doesNotExist();
        assertThat(manifest).exists();
    }
}
