// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.edit;

import java.util.BitSet;

/** Blocks of 1 MiB of a file that were changed. Not safe for several threads. */
final class ChangedBlocks {
    static final int BLOCK = 1 << 20;

    private final BitSet blocks = new BitSet();

    /** Notes a range of bytes of the file. */
    void add(long offset, long length) {
        if (length > 0) {
            blocks.set((int) (offset / BLOCK), (int) ((offset + length - 1) / BLOCK) + 1);
        }
    }

    void addAll(ChangedBlocks others) {
        blocks.or(others.blocks);
    }

    BitSet copy() {
        return (BitSet) blocks.clone();
    }
}
