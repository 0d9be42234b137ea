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

    /** The shell that leads dies at once; its child has something to put away, such as a snapshot. */
    @Test
    void theChildrenOfTheProgramGetTheTimeToEndToo() throws Exception {
        Path ready = folder.resolve("ready");
        Path putAway = folder.resolve("put-away");
        ChildProcess child = shell(
                "sh -c 'trap \"sleep 0.5; echo done > " + putAway + "; exit\" TERM; echo > " + ready
                        + "; while :; do sleep 0.1; done' & wait",
                Map.of());
        await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(ready));

        child.await(Duration.ofMillis(1));

        assertThat(putAway).hasContent("done");
    }

    @Test
    void standardOutputThatIsKeptApartIsWholeAndNothingElse() throws Exception {
        ChildProcess.End end = ChildProcess.startForOutput(
                        List.of("/bin/sh", "-c", "echo oh >&2; echo hello; echo no >&2"), Map.of())
                .await(LONG);
        assertThat(end)
                .extracting(ChildProcess.End::output, ChildProcess.End::tail, ChildProcess.End::complete)
                .containsExactly("hello\n", "oh\nno\n", true);
        ChildProcess.End much = ChildProcess.startForOutput(List.of("seq", "1", "100000"), Map.of())
                .await(LONG);
        assertThat(much.complete()).isFalse();
        assertThat(much.output()).startsWith("1\n2\n").hasSize(16 << 10);
    }

    /** A letter of two bytes must not be cut where a buffer ends. */
    @Test
    void lettersOfSeveralBytesStayWhole() throws Exception {
        ChildProcess.End end = shell("printf a; i=0; while [ $i -lt 5000 ]; do printf ä; i=$((i+1)); done", Map.of())
                .await(LONG);
        assertThat(end.tail()).isEqualTo("a" + "ä".repeat(5000));
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
