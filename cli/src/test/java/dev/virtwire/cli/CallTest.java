// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@code virtwire call} knows without a host. */
class CallTest {
    @Test
    void allProceduresAreListedWithVersionAndFunction() throws IOException {
        CommandRun run = CommandRun.of("call", "--list");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out().lines()).hasSize(1 + calls("remote") + calls("qemu") + calls("lxc"));
        assertThat(run.out())
                .startsWith("PROCEDURE ")
                .containsPattern("\nDomainGetInfo +0\\.3\\.0 +virDomainGetInfo\n");
    }

    /** The calls that a program's tables state; each begins a line with its number. */
    private static int calls(String program) throws IOException {
        try (Stream<Path> tables = Files.list(Path.of("..", "src", "protocol", program))) {
            String all = tables.map(CallTest::text).collect(Collectors.joining());
            return Math.toIntExact(
                    Pattern.compile("(?m)^\\d+ [A-Z]").matcher(all).results().count());
        }
    }

    private static String text(Path table) {
        try {
            return Files.readString(table);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aPartOfTheNameChooses() {
        assertThat(CommandRun.of("call", "--list", "throttlegroup").out().lines())
                .hasSize(3)
                .anyMatch(line -> line.startsWith("DomainSetThrottleGroup "));
        assertThat(CommandRun.of("call", "--list", "throttlegroup", "--json").out())
                .contains("\"name\" : \"DomainDelThrottleGroup\"", "\"since\" : \"11.2.0\"");
    }

    @Test
    void aProcedureIsDescribedWithAllThatItIsMadeOf() {
        assertThat(CommandRun.of("call", "--describe", "DomainSetLifecycleAction")
                        .out())
                .isEqualTo("""
                        DomainSetLifecycleAction, number 390 of program remote, since libvirt 3.9.0
                        Changes what happens when a guest powers off, reboots or crashes.
                        virDomainSetLifecycleAction

                        arguments
                          domain: DomainRef
                          type: LifecycleType as uint
                          action: LifecycleAction as uint
                          flags: DomainAffectFlags as uint

                        DomainRef
                          name: string(4194304)
                          uuid: uuid
                          id: int  # -1 while it is inactive

                        LifecycleType, one of
                          poweroff, reboot, crash

                        LifecycleAction, one of
                          destroy, restart, restartRename, preserve, coredumpDestroy, coredumpRestart, preserveRunning

                        DomainAffectFlags, any of
                          live, config
                        """);
        assertThat(CommandRun.of("call", "--describe", "domaingetstate", "--json")
                        .out())
                .contains("\"number\" : 212", "\"program\" : \"remote\"");
    }

    @Test
    void whatCannotBeCalledIsRefusedBeforeConnecting() {
        assertRefused("there is no procedure 'Nothing'; virtwire call --list names those that there are", 1, "Nothing");
        assertRefused("StorageVolUpload cannot be called by this command: it opens a stream", 1, "StorageVolUpload");
        assertRefused(
                "DomainFdAssociate cannot be called by this command: it passes file descriptors",
                1,
                "DomainFdAssociate");
        assertRefused("name a PROCEDURE", 2);
    }

    @Test
    void wrongArgumentsAreRefusedBeforeConnecting() {
        CommandRun run =
                CommandRun.of("-c", "test+tcp://127.0.0.1:1/default", "call", "DomainGetState", "{\"flag\": 1}");
        assertThat(run.err()).contains("flag: there is no such field; there are domain, flags");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(CommandRun.of("call", "ConnectGetHostname", "{\"flag\": 1}").err())
                .contains("ConnectGetHostname takes no arguments");
    }

    private static void assertRefused(String error, int exitCode, String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "call";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        CommandRun run = CommandRun.of(all);
        assertThat(run.err()).contains(error);
        assertThat(run.exitCode()).isEqualTo(exitCode);
    }
}
