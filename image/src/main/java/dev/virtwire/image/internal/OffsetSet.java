// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

/** File offsets other than 0, each once: there may be millions, so without an object for each. */
final class OffsetSet {
    private static final long MIXER = 0x9e37_79b9_7f4a_7c15L;

    private long[] slots = new long[64];
    private int size;

    /** Whether it was not there yet. */
    boolean add(long offset) {
        if (offset == 0) {
            throw new IllegalArgumentException("offset 0 stands for a free slot");
        }
        int slot = slotOf(offset);
        if (slots[slot] == offset) {
            return false;
        }
        slots[slot] = offset;
        if (++size > slots.length / 4 * 3) {
            grow();
        }
        return true;
    }

    /** Where the offset is, or belongs. */
    private int slotOf(long offset) {
        int slot = (int) ((offset * MIXER) >>> 40) & (slots.length - 1);
        while (slots[slot] != 0 && slots[slot] != offset) {
            slot = (slot + 1) & (slots.length - 1);
        }
        return slot;
    }

    private void grow() {
        long[] old = slots;
        slots = new long[old.length * 2];
        for (long offset : old) {
            if (offset != 0) {
                slots[slotOf(offset)] = offset;
            }
        }
    }
}
