// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtwire.cli.CommandRun;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointMaker;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The points that are made here began on one evening of November 2026. */
class StatusCommandTest {
    private static final String LONG = "999999w";

    @TempDir
    Path folder;

    private Point point;
    private String dir;

    @BeforeEach
    void makePoint() throws IOException {
        dir = folder.resolve("backups").toString();
        point = new PointMaker(folder.resolve("backups"))
                .full(Map.of("vda", MemoryDisk.random(1 << 16, new Random(3))));
    }

    private CommandRun status(String... words) {
        String[] all = new String[words.length + 2];
        all[0] = "status";
        all[1] = dir;
        System.arraycopy(words, 0, all, 2, words.length);
        return CommandRun.of(all);
    }

    @Test
    void whatIsWellExitsWith0AndIsSilentIfAsked() {
        assertThat(status("--max-age", LONG, "--quiet")).isEqualTo(new CommandRun(0, "", ""));
        CommandRun table = status("web1", "--max-age", LONG);
        assertThat(table.exitCode()).isZero();
        assertThat(table.err()).isEmpty();
        assertThat(table.out())
                .startsWith("DOMAIN  STATUS  NEWEST GOOD POINT")
                .containsPattern("\nweb1 +ok +" + point.id() + " +-?\\d+ [hd] +-\n");
    }

    @Test
    void whatIsMissingOrUnverifiedIsOneErrorAndExitCode1() throws IOException {
        CommandRun run = status("web1", "web2", "web3", "--max-age", LONG, "--verified-within", "8d", "--quiet");
        assertThat(run)
                .isEqualTo(new CommandRun(
                        1,
                        "",
                        "error: 3 of 3 domains are not as they should be: web1 is unverified (nobody has verified a good"
                                + " point of it), web2 is missing (the repository holds nothing of it), web3 is missing"
                                + " (the repository holds nothing of it)\n"));

        Repository.open(folder.resolve("backups"))
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();
        CommandRun json = status("web1", "web2", "--max-age", LONG, "--verified-within", "8d", "--json");
        assertThat(json.exitCode()).isEqualTo(1);
        JsonNode object = new ObjectMapper().readTree(json.out());
        assertThat(object.get("ok").asBoolean()).isFalse();
        assertThat(object.get("verifiedWithinSeconds").asLong()).isEqualTo(8 * 86_400);
        assertThat(object.at("/domains/0").fieldNames())
                .toIterable()
                .containsExactly(
                        "domain",
                        "verdict",
                        "reason",
                        "newest",
                        "newestGood",
                        "began",
                        "ageSeconds",
                        "verified",
                        "oldestUnverified",
                        "damage");
        assertThat(object.at("/domains/0/verdict").asText()).isEqualTo("ok");
        assertThat(object.at("/domains/0/verified/depth").asText()).isEqualTo("digests");
        assertThat(object.at("/domains/0/verified/point").asText()).isEqualTo(point.id());
        assertThat(object.at("/domains/1/verdict").asText()).isEqualTo("missing");
        assertThat(object.at("/domains/1/newest").isNull()).isTrue();
    }

    @Test
    void damageAloneIsExitCode3() throws IOException {
        Files.delete(point.folder().resolve("vda.qcow2"));
        CommandRun damaged = status("--max-age", LONG);
        assertThat(damaged.exitCode()).isEqualTo(3);
        assertThat(damaged.err())
                .isEqualTo("error: 1 of 1 domain is not as it should be: web1 is damaged (point " + point.id() + ": "
                        + point.folder().resolve("vda.qcow2") + " is missing)\n");
        assertThat(status("web1", "web2", "--max-age", LONG).exitCode()).isEqualTo(1);
    }

    @Test
    void anEmptyRepositoryIsNotWell() throws IOException {
        dir = folder.resolve("empty").toString();
        Repository.openOrCreate(folder.resolve("empty"));
        assertThat(status("--max-age", LONG))
                .isEqualTo(new CommandRun(1, "", "error: " + dir + " holds nothing of any domain\n"));
        assertThat(status())
                .isEqualTo(new CommandRun(
                        2, "", "error: missing required option: '--max-age=TIME' (see: virtwire status --help)\n"));
    }
}
