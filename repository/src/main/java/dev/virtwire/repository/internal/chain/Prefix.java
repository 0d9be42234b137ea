// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

import java.util.TreeSet;

/**
 * Up to where all blocks are done, while several threads have some in hand. Blocks are taken in ascending order; one
 * that is never finished, because it is damaged, is where it ends.
 */
public final class Prefix {
    private final TreeSet<Long> inHand = new TreeSet<>();
    private long next;

    /** Blocks before {@code from} are done. */
    public Prefix(long from) {
        next = from;
    }

    /** Somebody takes this block, and all before it are taken or need nothing. */
    public synchronized void take(long index) {
        inHand.add(index);
        next = index + 1;
    }

    /** All blocks before this one are taken or need nothing. */
    public synchronized void pass(long index) {
        next = index;
    }

    /** The block is done. */
    public synchronized void finish(long index) {
        inHand.remove(index);
    }

    /** How many blocks from the beginning are done. */
    public synchronized long length() {
        return inHand.isEmpty() ? next : inHand.first();
    }
}
