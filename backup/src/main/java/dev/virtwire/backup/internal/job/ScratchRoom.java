// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Room that scratch files share: what a limit allows them, or what a file system had free at the beginning. A part of
 * it is held back, for what the guest writes from the moment when the rest is taken until the job has ended.
 */
final class ScratchRoom {
    private static final long LEAST_RESERVE = 64L << 20;
    private static final int RESERVE_SHARE = 20;
    /** What remains is no room for several files to share when it is less than that part of the whole. */
    private static final int LEAST_SHARE = 32;

    private final @Nullable Path folder;
    private final @Nullable FileStore store;
    private final long whole;
    private long left;
    private long free;

    private ScratchRoom(@Nullable Path folder, @Nullable FileStore store, long whole) {
        this.folder = folder;
        this.store = store;
        this.whole = whole;
        this.free = whole;
        this.left = whole - reserve(whole);
    }

    /** All that scratch files may take together, in bytes. */
    static ScratchRoom ofLimit(long bytes) {
        return new ScratchRoom(null, null, bytes);
    }

    /** What is free now where {@code file} lies. */
    static ScratchRoom ofStore(Path file) throws IOException {
        FileStore store = Files.getFileStore(file);
        return new ScratchRoom(file.getParent(), store, store.getUsableSpace());
    }

    /** What is held back of so many bytes: 64 MiB, or a twentieth if that is more, but never more than half. */
    static long reserve(long bytes) {
        return Math.min(bytes / 2, Math.max(LEAST_RESERVE, bytes / RESERVE_SHARE));
    }

    /** Whether this is a limit, for files anywhere. */
    boolean isLimit() {
        return store == null;
    }

    /** Whether both are the same file system's. */
    boolean isSame(ScratchRoom other) {
        return store != null && store.equals(other.store);
    }

    /** Looks at what is left when the scratch files take {@code used} bytes together. */
    void measure(long used) throws IOException {
        free = store == null ? whole - used : store.getUsableSpace();
        left = Math.max(0, free - reserve(whole));
    }

    /** The bytes that the files may still take together. */
    long left() {
        return left;
    }

    /** Whether the job has to end. */
    boolean isFull() {
        return left <= (whole - reserve(whole)) / LEAST_SHARE;
    }

    /** Why it has to, and what to do. */
    @Override
    public String toString() {
        String ended = ". The backup was ended before the guest's writes would fail: ";
        return store == null
                ? "near their limit of " + mebibytes(whole) + ended + "raise it by --scratch-limit"
                : "and only " + mebibytes(free) + " is left free in " + folder + ended
                        + "choose a folder with more room by --scratch";
    }

    /** A size as errors have it. */
    static String mebibytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }
}
