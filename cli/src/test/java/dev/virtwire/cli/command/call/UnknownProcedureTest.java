// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.cli.CommandRun;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.remote.BackupBeginFlags;
import dev.virtwire.protocol.remote.JobProcedures;
import dev.virtwire.testkit.ScriptedLibvirtd;
import dev.virtwire.testkit.TwoDomains;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What a newer libvirt has and the tables have not can be called by its number. */
class UnknownProcedureTest {
    private static final String NOTE = "procedure 9001 of program remote is not in the tables of this version";

    @Test
    void bytesGoThereAndComeBack() {
        Procedure<byte[], byte[]> procedure = Objects.requireNonNull(UnknownProcedure.parse(Description.load(), "9001"))
                .procedure();
        List<byte[]> received = new ArrayList<>();
        try (ScriptedLibvirtd libvirtd = ScriptedLibvirtd.start()) {
            libvirtd.answer(procedure, bytes -> {
                received.add(bytes);
                return new byte[] {0, 0, 0, 7};
            });
            assertThat(CommandRun.of("-c", libvirtd.uri(), "call", "9001", "{\"body\": \"AAAAAQAAAAI=\"}"))
                    .isEqualTo(new CommandRun(
                            0,
                            "{\n  \"body\" : \"AAAABw==\"\n}\n",
                            "note: " + NOTE + ": its arguments are sent as they are\n"));
            assertThat(received).containsExactly(new byte[] {0, 0, 0, 1, 0, 0, 0, 2});
            assertThat(CommandRun.of("-c", libvirtd.uri(), "call", "9002").err())
                    .contains("error: ", "9002");
        }
    }

    /** As libvirt 11.10's PRESERVE_SHUTDOWN_DOMAIN was before the tables had it. */
    @Test
    void aFlagWithoutANameIsSentAsItIs() {
        List<Long> received = new ArrayList<>();
        try (ScriptedLibvirtd libvirtd = TwoDomains.start()) {
            libvirtd.answer(JobProcedures.DOMAIN_BACKUP_BEGIN, arguments -> {
                received.add(BackupBeginFlags.bits(arguments.flags()));
                return null;
            });
            String note =
                    "note: flags: 0x40000000 has no name in BackupBeginFlags of this version, and is sent as it is\n";
            for (String flags : List.of("1073741825", "[\"reuseExternal\", 1073741824]")) {
                assertThat(CommandRun.of(
                                "-c",
                                libvirtd.uri(),
                                "call",
                                "DomainBackupBegin",
                                "{\"domain\": \"web1\", \"backupXml\": \"<domainbackup/>\", \"flags\": " + flags + "}"))
                        .isEqualTo(new CommandRun(0, "{ }\n", note));
            }
        }
        assertThat(received).containsExactly(0x40000001L, 0x40000001L);
    }

    @Test
    void whatIsNotXdrIsRefusedBeforeConnecting() {
        assertRefused("{\"body\": \"AAAA\"}", "body: XDR has a multiple of 4 bytes");
        assertRefused("{\"body\": \"!\"}", "body: it is not Base64");
        assertRefused("{\"domain\": \"web1\"}", "its arguments are {\"body\": \"XDR in Base64\"}");
    }

    private static void assertRefused(String json, String error) {
        CommandRun run = CommandRun.of("-c", "test+tcp://127.0.0.1:1/default", "call", "9001", json);
        assertThat(run.err()).contains(error);
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void aNumberOfTheTablesIsItsProcedure() {
        CommandRun named = CommandRun.of("call", "--describe", "DomainGetState");
        assertThat(CommandRun.of("call", "--describe", "212")).isEqualTo(named);
        assertThat(CommandRun.of("call", "--describe", "remote/212")).isEqualTo(named);
        assertThat(CommandRun.of("call", "--describe", "qemu/1").out()).contains("number 1 of program qemu");
        assertThat(CommandRun.of("call", "--describe", "9001").err()).contains("there is no procedure '9001'");
        assertThat(CommandRun.of("call", "admin/1").err()).contains("there is no program 'admin'");
    }
}
