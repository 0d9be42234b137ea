// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

/** Told of each block of a disk or of an image file that was looked at; called by several threads. */
@FunctionalInterface
public interface BlockListener {
    /** Hears nothing. */
    BlockListener NONE = (index, length, good) -> {};

    /** Block {@code index}, of {@code length} bytes, was read, and found right or wrong. */
    void checked(long index, int length, boolean good);
}
