// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.backup.LuksEncryption;
import dev.virtwire.client.backup.NbdServer;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.manifest.DiskEncryption;
import dev.virtwire.repository.manifest.DiskSource;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class TransferPlanTest {
    private static final List<ChosenDisk> DISKS =
            List.of(new ChosenDisk("vda", new DiskSource("file", "/images/web1.qcow2", "qcow2", null)));

    private static TransferPlan plan(String scratchFolder, String point) {
        return TransferPlan.of(
                BackupRequest.of("web1").withScratchFolder(scratchFolder),
                LibvirtUri.parse("qemu:///system"),
                "abcdefghijkl",
                new UUID(1, 2),
                point,
                Names.random(),
                DISKS,
                ParentChoice.full(DISKS, "a test"));
    }

    /** What works in the first night has to work in the second one. */
    @Test
    void theSocketFitsInEachScratchFolderForEachLevel() {
        for (int length = 1; length < 300; length++) {
            String folder = "/" + "x".repeat(length);
            String full = plan(folder, "20261122T190000Z-full").socket();
            String later = plan(folder, "20261122T190000Z-differential-12").socket();

            assertThat(full).hasSizeLessThanOrEqualTo(107).hasSameSizeAs(later);
            assertThat(full.startsWith(folder + "/"))
                    .as("the socket lies with the scratch files if it can, as where a container sees only these")
                    .isEqualTo(length <= 66);
            assertThat(full).startsWith(length <= 66 ? folder + "/virtwire-" : "/var/tmp/virtwire-");
        }
        assertThat(plan("/ü".repeat(40), "20261122T190000Z-full").socket().getBytes(StandardCharsets.UTF_8))
                .hasSizeLessThanOrEqualTo(107);
    }

    private static TransferPlan encrypted(BackupRequest request, String secret) {
        DiskSource source =
                new DiskSource("file", "/images/web1.qcow2", "qcow2", new DiskEncryption("luks", secret, false));
        List<ChosenDisk> disks = List.of(DISKS.get(0), new ChosenDisk("vdb", source));
        return TransferPlan.of(
                request,
                LibvirtUri.parse("qemu:///system"),
                "abcdefghijkl",
                new UUID(1, 2),
                "20261122T190000Z-full",
                Names.random(),
                disks,
                ParentChoice.full(disks, "a test"));
    }

    @Test
    void whatTheHostWritesOfAnEncryptedDiskIsEncryptedWithTheSameSecret() {
        UUID uuid = UUID.fromString("f52a81b2-424e-490c-823d-6bd4235bc572");
        TransferPlan pull = encrypted(BackupRequest.of("web1"), uuid.toString());
        TransferPlan push = encrypted(BackupRequest.of("web1").pushingTo("/pushed"), "passphrase:web1's key");

        assertThat(pull.encrypted()).isOne();
        assertThat(pull.backup(NbdServer.unix("/x.sock")).disks())
                .extracting(disk -> disk.storage().encryption())
                .containsExactly(null, LuksEncryption.withSecret(uuid));
        assertThat(push.backup(null).disks())
                .extracting(disk -> disk.storage().encryption())
                .containsExactly(null, LuksEncryption.withSecretUsage("web1's key"));
    }

    @Test
    void noNameOnTheHostCanBeForetold() {
        TransferPlan one = plan("/scratch", "20261122T190000Z-full");
        TransferPlan two = plan("/scratch", "20261122T190000Z-full");

        assertThat(one.socket()).isNotEqualTo(two.socket());
        assertThat(one.scratch()).doesNotContainAnyElementsOf(two.scratch());
        assertThat(one.exportOf("vda")).isNotEqualTo(two.exportOf("vda"));
    }
}
