// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.storage;

import static java.util.Objects.requireNonNull;

import java.util.function.LongConsumer;

/**
 * What part of a volume is uploaded or downloaded, and how. Immutable; start from {@link #ALL}.
 *
 * @param offset where in the volume it begins, in bytes
 * @param length how many bytes; 0 for as much as there is
 * @param sparse whether holes travel as holes and not as zeros. An upload writes nothing where the file has zeros, so
 *     the volume has to be empty there; libvirt knows it since 3.4.0
 * @param progress hears how many bytes have passed, on a thread of the transfer's own
 * @since 0.1
 */
public record VolumeTransfer(long offset, long length, boolean sparse, LongConsumer progress) {
    /** The whole volume, with every zero. */
    public static final VolumeTransfer ALL = new VolumeTransfer(0, 0, false, bytes -> {});

    /** Refuses negative numbers. */
    public VolumeTransfer {
        if (offset < 0 || length < 0) {
            throw new IllegalArgumentException("offset " + offset + " and length " + length + " cannot be negative");
        }
        requireNonNull(progress, "progress");
    }

    /** From this offset on, so many bytes; 0 for as much as there is. */
    public VolumeTransfer range(long newOffset, long newLength) {
        return new VolumeTransfer(newOffset, newLength, sparse, progress);
    }

    /** With holes as holes. */
    public VolumeTransfer asSparse() {
        return new VolumeTransfer(offset, length, true, progress);
    }

    /** Telling {@code listener} how many bytes have passed. */
    public VolumeTransfer telling(LongConsumer listener) {
        return new VolumeTransfer(offset, length, sparse, listener);
    }
}
