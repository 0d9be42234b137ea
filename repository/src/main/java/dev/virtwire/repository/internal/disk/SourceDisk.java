// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.disk;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/** A disk that is copied. Nobody writes it meanwhile. */
public interface SourceDisk extends AutoCloseable {
    /** Its size in bytes. */
    long size();

    /** A power of two; offsets and lengths of reads are multiples of it, but for the disk's end. */
    int blockSize();

    /**
     * Fills {@code destination}; may be called from any thread. The buffer is the disk's until the future completes.
     */
    CompletableFuture<Void> read(long offset, ByteBuffer destination);

    /** How many bytes of a read come from the host: all, unless the disk has some of them from elsewhere. */
    default long readFromHost(long offset, int length) {
        return length;
    }

    /** Walks over the disk from its beginning, for one thread. */
    Extents extents();

    /** Ends the connections; reads that are pending fail. */
    @Override
    void close();

    /** A walk: consecutive ranges without a gap, to the end of the disk. */
    interface Extents {
        /** Goes to the next range; false at the end of the disk. May block. */
        boolean next();

        /** The first byte after the range. */
        long end();

        /** Whether it reads as zeros. */
        boolean isZero();

        /** Whether it may differ from the parent point's disk; always so without a parent. */
        boolean isChanged();
    }
}
