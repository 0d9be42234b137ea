// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.remote.BackupBeginFlags;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.JobCalls;
import dev.virtwire.protocol.remote.JobProcedures;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a newer libvirt knows and no table has: it can be said even so. */
@Timeout(60)
class NewerServerTest {
    private static final int REMOTE = 0x20008086;

    private final ScriptedLibvirtd libvirtd = ScriptedLibvirtd.start();
    private final Libvirt libvirt = Libvirt.connect(libvirtd.uri()).join();

    @AfterEach
    void end() {
        libvirt.close();
        libvirtd.close();
    }

    @Test
    void flagsWithoutANameGoOverTheWire() {
        AtomicLong heard = new AtomicLong();
        libvirtd.answer(JobProcedures.DOMAIN_BACKUP_BEGIN, asked -> {
            heard.set(BackupBeginFlags.bits(asked.flags()));
            return null;
        });
        Set<BackupBeginFlags> flags = BackupBeginFlags.raw(0x40000001);
        assertThat(flags)
                .containsExactly(BackupBeginFlags.REUSE_EXTERNAL)
                .hasToString("[REUSE_EXTERNAL] of 0x40000001");

        new JobCalls(libvirt)
                .domainBackupBegin(new DomainRef("web1", new UUID(1, 2), 7), "<domainbackup/>", null, flags)
                .join();

        assertThat(heard).hasValue(0x40000001);
    }

    @Test
    void aProcedureIsCalledByItsNumber() {
        Procedure<byte[], byte[]> procedure = Procedure.ofBytes(REMOTE, 1, 9001);
        libvirtd.answer(procedure, asked -> new byte[] {asked[3], 0, 0, 1});

        byte[] answer = libvirt.call(procedure, new byte[] {0, 0, 0, 7}, CallOptions.DEFAULT)
                .join();

        assertThat(answer).containsExactly(7, 0, 0, 1);
    }

    @Test
    void aProcedureWithoutAResultGivesNoBytes() {
        Procedure<byte[], byte[]> procedure = Procedure.ofBytes(REMOTE, 1, 9002);
        libvirtd.answer(procedure, asked -> asked);
        assertThat(libvirt.call(procedure, new byte[0], CallOptions.DEFAULT).join())
                .isEmpty();
    }
}
