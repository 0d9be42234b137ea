// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.work;

import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Adds up what several threads have done and tells a listener of it, not too often. */
public final class ProgressMeter implements CopyMeter {
    private static final Logger LOG = LoggerFactory.getLogger(ProgressMeter.class);
    private static final long INTERVAL_NANOS = 100_000_000;

    private final ProgressListener listener;
    private int disks;
    private long total;
    private boolean muted;
    private Progress.Phase phase = Progress.Phase.PREPARING;
    private @Nullable String disk;
    private int disksDone;
    private long done;
    private long moved;
    private long written;
    private long lastTold = System.nanoTime() - INTERVAL_NANOS;

    /** Of {@code disks} disks with {@code total} bytes together. */
    public ProgressMeter(ProgressListener listener, int disks, long total) {
        this.listener = listener;
        this.disks = disks;
        this.total = total;
    }

    /** There are {@code newDisks} disks with {@code newTotal} bytes together, as is known now. */
    public synchronized void expect(int newDisks, long newTotal) {
        disks = newDisks;
        total = newTotal;
    }

    /** Says a last thing: from now on a listener that fails must not change how it ends. */
    public synchronized void last(Progress.Phase lastPhase) {
        phase = lastPhase;
        disk = null;
        try {
            tell();
        } catch (RuntimeException e) {
            LOG.debug("The progress listener failed", e);
        }
        muted = true;
    }

    /** It begins, also again after a last thing was said. */
    public synchronized void begin() {
        muted = false;
        phase(Progress.Phase.PREPARING);
    }

    /** Nothing is done as long as {@code reason} holds. */
    public synchronized void waiting(String reason) {
        listener.waiting(reason);
    }

    /** Something else is done from now on. */
    public synchronized void phase(Progress.Phase next) {
        phase = next;
        tell();
    }

    /** This disk is worked on from now on. */
    public synchronized void disk(String target) {
        disk = target;
        tell();
    }

    /** The disk is done. */
    public synchronized void diskDone() {
        disk = null;
        disksDone++;
        tell();
    }

    @Override
    public synchronized void passed(long bytes) {
        done += bytes;
        tellSometimes();
    }

    @Override
    public synchronized void moved(long bytes) {
        moved += bytes;
        tellSometimes();
    }

    @Override
    public synchronized void written(long bytes) {
        written += bytes;
    }

    /** Sets what is done, for work that is done elsewhere. */
    public synchronized void at(long bytes) {
        done = bytes;
        tellSometimes();
    }

    /** Bytes that were read or written so far. */
    public synchronized long movedBytes() {
        return moved;
    }

    /** Bytes of disks that were written to their images so far. */
    public synchronized long writtenBytes() {
        return written;
    }

    private void tellSometimes() {
        if (System.nanoTime() - lastTold >= INTERVAL_NANOS) {
            tell();
        }
    }

    private void tell() {
        lastTold = System.nanoTime();
        if (muted) {
            return;
        }
        listener.progressed(new Progress(phase, disk, disksDone, disks, Math.min(done, total), total, moved));
    }
}
