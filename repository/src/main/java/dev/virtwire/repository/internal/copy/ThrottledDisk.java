// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.disk.SourceDisk;
import dev.virtwire.repository.internal.work.RateLimit;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** A disk that is read no faster than a limit allows; {@link #read} waits for it. */
public final class ThrottledDisk implements SourceDisk {
    /** What is let through at once: little, so that whoever cancels does not wait long, however low the limit. */
    private static final int STEP = 4 << 10;

    private final SourceDisk disk;
    private final RateLimit rate;
    private final BooleanSupplier cancelled;

    /** Of {@code disk}; {@code cancelled} is asked while it waits. */
    public ThrottledDisk(SourceDisk disk, RateLimit rate, BooleanSupplier cancelled) {
        this.disk = disk;
        this.rate = rate;
        this.cancelled = cancelled;
    }

    @Override
    public long size() {
        return disk.size();
    }

    @Override
    public int blockSize() {
        return disk.blockSize();
    }

    @Override
    public CompletableFuture<Void> read(long offset, ByteBuffer destination) {
        try {
            for (int left = destination.remaining(); left > 0; left -= STEP) {
                if (cancelled.getAsBoolean()) {
                    throw new CopyCancelledException();
                }
                rate.acquire(Math.min(left, STEP));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RepositoryException("the thread was interrupted", e);
        }
        return disk.read(offset, destination);
    }

    @Override
    public Extents extents() {
        return disk.extents();
    }

    @Override
    public void close() {
        disk.close();
    }
}
