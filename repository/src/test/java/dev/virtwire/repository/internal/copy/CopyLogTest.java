// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CopyLogTest {
    private static final long HUGE = 1L << 50;

    @TempDir
    Path folder;

    private static CopyLog.Entry entry(long block) {
        return new CopyLog.Entry(block, new byte[32], new byte[32], List.of(new CopyLog.Piece(0, 1 << 20, 1 << 20)));
    }

    /** The index has 28 bits for a block's number, and a disk of 1 PiB has 2^30 blocks. */
    @Test
    void aBlockOfAHugeDiskIsNotTakenForAnotherOne() throws Exception {
        Path file = folder.resolve(".vda.copied");
        try (CopyLog log = CopyLog.open(file, HUGE, 65_536)) {
            log.add(entry(5 + (1L << 28)));
            log.add(entry(7));
        }
        try (CopyLog log = CopyLog.open(file, HUGE, 65_536)) {
            assertThat(log.find(5)).isNull();
            assertThat(log.find(7)).isNotNull();
        }
    }
}
