// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import java.nio.file.Path;

/**
 * What a writer may still do, and how many writes are under way. One that failed stays failed: its image has a part
 * that nobody wrote. Safe for several threads.
 */
public final class WriterState {
    private enum Phase {
        OPEN,
        FAILED,
        FINISHED,
        CLOSED
    }

    private final Path path;
    private Phase phase = Phase.OPEN;
    private String failure = "";
    private int underWay;

    /** A writer that may write. */
    public WriterState(Path path) {
        this.path = path;
    }

    /** A write begins; {@link #ended} or {@link #failed} must follow. */
    public synchronized void begin() {
        requireOpen();
        underWay++;
    }

    /** A write ended well. */
    public synchronized void ended() {
        underWay--;
    }

    /** A write, or the finish, ended badly. */
    public synchronized void failed(Throwable cause) {
        underWay--;
        if (phase == Phase.OPEN) {
            phase = Phase.FAILED;
            failure = String.valueOf(cause.getMessage());
        }
    }

    /** The finish begins. */
    public synchronized void beginFinish() {
        requireOpen();
        if (underWay > 0) {
            throw new IllegalStateException(path + ": finished while " + underWay + " writes are under way");
        }
        underWay++;
    }

    /** The finish ended well. */
    public synchronized void finished() {
        underWay--;
        phase = Phase.FINISHED;
    }

    /** Nothing may follow. Returns whether the image was finished. */
    public synchronized boolean close() {
        boolean finished = phase == Phase.FINISHED;
        phase = phase == Phase.FINISHED ? phase : Phase.CLOSED;
        return finished;
    }

    private void requireOpen() {
        switch (phase) {
            case OPEN -> {}
            case FAILED -> throw new IllegalStateException(path + ": a write failed before: " + failure);
            case FINISHED -> throw new IllegalStateException(path + ": the image is finished already");
            case CLOSED -> throw new IllegalStateException(path + ": the image is closed");
        }
    }
}
