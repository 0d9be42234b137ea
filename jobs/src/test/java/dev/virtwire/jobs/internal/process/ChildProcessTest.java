// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.internal.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessTest {
    private static final Duration LONG = Duration.ofMinutes(5);

    @TempDir
    Path folder;

    private static ChildProcess shell(String script, Map<String, String> environment) throws IOException {
        return ChildProcess.start(List.of("/bin/sh", "-c", script), environment);
    }

    @Test
    void exitCodeAndOutputAreThoseOfTheProgram() throws Exception {
        ChildProcess.End end = shell("echo \"hello $NAME\"; echo oh >&2; exit 7", Map.of("NAME", "web1"))
                .await(LONG);
        assertThat(end.exitCode()).isEqualTo(7);
        assertThat(end.tail()).contains("hello web1\n", "oh\n");
    }

    @Test
    void ofMuchOutputTheEndIsKept() throws Exception {
        ChildProcess.End end = shell("seq 1 100000", Map.of()).await(LONG);
        assertThat(end.tail()).endsWith("99999\n100000\n").hasSizeLessThanOrEqualTo(16 << 10);
    }

    /** The shell dies at once by SIGTERM; its child ignores that. */
    @Test
    void atTheLimitTheWholeProcessGroupIsEnded() throws Exception {
        Path pid = folder.resolve("pid");
        ChildProcess child = shell(
                "sh -c 'trap \"\" TERM; echo $$ > " + pid + ".new; mv " + pid + ".new " + pid
                        + "; while :; do sleep 1; done' & wait",
                Map.of());
        await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(pid));
        long grandchild = Long.parseLong(Files.readString(pid).strip());

        ChildProcess.End end = child.await(Duration.ofMillis(1));

        assertThat(end.exitCode()).isNull();
        await().atMost(Duration.ofMinutes(1))
                .until(() -> ProcessHandle.of(grandchild)
                        .map(process -> !process.isAlive())
                        .orElse(true));
    }

    /** A daemon that a hook starts keeps the hook's output open. */
    @Test
    void whatAProgramLeavesBehindIsNotWaitedFor() throws Exception {
        Path pid = folder.resolve("pid");
        ChildProcess.End end = shell("sleep 600 & echo $! > " + pid + "; echo started", Map.of())
                .await(LONG);
        assertThat(end.exitCode()).isZero();
        assertThat(end.tail()).isEqualTo("started\n");
        ProcessHandle daemon =
                ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
        assertThat(daemon.isAlive()).isTrue();
        daemon.destroyForcibly();
    }

    @Test
    void aProgramThatIsNotThereIsSaid() throws Exception {
        assertThatThrownBy(() -> ChildProcess.start(List.of("/no/such"), Map.of()))
                .isInstanceOf(IOException.class)
                .hasMessage("/no/such: no such program");
        assertThat(ChildProcess.start(List.of("no-such-program"), Map.of())
                        .await(LONG)
                        .exitCode())
                .isNotZero();
    }
}
