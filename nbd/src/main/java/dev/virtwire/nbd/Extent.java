// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

/**
 * A range of an export with one status.
 *
 * @param offset first byte
 * @param length in bytes, never 0
 * @param flags the context's bits
 * @since 0.1
 */
public record Extent(long offset, long length, long flags) {
    /** {@code base:allocation}: nothing is allocated here. */
    public static final long HOLE = 1;

    /** {@code base:allocation}: reads as zeros. */
    public static final long ZERO = 2;

    /** {@code qemu:dirty-bitmap}: written since the bitmap was created. */
    public static final long DIRTY = 1;

    /** The first byte after it. */
    public long end() {
        return offset + length;
    }
}
