// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * What a {@link FaultyProxy} does to the bytes of one direction. Positions count from 0 in each connection. Settings
 * may change at any time, from any thread, and hold for connections that are open too; each method returns this object.
 *
 * @since 0.1
 */
public final class ProxyFaults {
    private static final long NEVER = Long.MAX_VALUE;

    private volatile Duration delay = Duration.ZERO;
    private volatile long bytesPerSecond = NEVER;
    private volatile long cutAfter = NEVER;
    private volatile long swallowAfter = NEVER;
    private volatile long flipAt = -1;
    private volatile int flipMask;
    private volatile Consumer<byte[]> watcher = piece -> {};

    ProxyFaults() {}

    /** Holds each piece that arrives for this long before it passes; a piece has at most 64 KiB. */
    public ProxyFaults delay(Duration time) {
        delay = time;
        return this;
    }

    /** Lets no more than so many bytes a second pass. */
    public ProxyFaults throttle(long bytes) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("Bytes a second must be positive: " + bytes);
        }
        bytesPerSecond = bytes;
        return this;
    }

    /** Closes a connection, both ways, once this many bytes have passed. */
    public ProxyFaults cutAfter(long bytes) {
        cutAfter = bytes;
        return this;
    }

    /** Drops silently what comes after this many bytes; the connection stays open. */
    public ProxyFaults swallowAfter(long bytes) {
        swallowAfter = bytes;
        return this;
    }

    /** Inverts one bit, 0 being the least, of the byte at a position. */
    public ProxyFaults flip(long position, int bit) {
        flipMask = 1 << bit;
        flipAt = position;
        return this;
    }

    /**
     * Shows each piece before anything is done to it, in the order of its connection, on a thread of the proxy. A later
     * watcher takes the place of this one.
     */
    public ProxyFaults watch(Consumer<byte[]> pieces) {
        watcher = pieces;
        return this;
    }

    /** Lets everything pass again, unharmed and at once; a watcher still sees it. */
    public ProxyFaults none() {
        delay = Duration.ZERO;
        bytesPerSecond = NEVER;
        cutAfter = NEVER;
        swallowAfter = NEVER;
        flipAt = -1;
        return this;
    }

    /**
     * Spoils a piece that begins at a position, taking its time.
     *
     * @return whether the connection stays open after what is left of the piece
     */
    boolean spoil(long position, ByteBuffer piece) throws InterruptedException {
        byte[] seen = new byte[piece.remaining()];
        piece.get(piece.position(), seen);
        watcher.accept(seen);
        Thread.sleep(delay.toMillis());
        long rate = bytesPerSecond;
        if (rate != NEVER) {
            Thread.sleep(1000L * piece.remaining() / rate);
        }
        long flip = flipAt;
        if (flip >= position && flip < position + piece.remaining()) {
            int index = piece.position() + (int) (flip - position);
            piece.put(index, (byte) (piece.get(index) ^ flipMask));
        }
        long end = position + piece.remaining();
        long cut = cutAfter;
        long pass = Math.max(0, Math.min(Math.min(cut, swallowAfter), end) - position);
        piece.limit(piece.position() + (int) pass);
        return end < cut;
    }
}
