// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import dev.virtwire.nbd.NbdException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.charset.StandardCharsets;

/**
 * Reads from the channel: headers through a small buffer, payloads straight into their destination. Used by one thread;
 * the watchdog looks at {@link #waitingSince()} from another.
 */
public final class WireInput {
    /** Reported by {@link #waitingSince()} while the reader does something else than wait for the server. */
    public static final long NOT_WAITING = Long.MIN_VALUE;

    private static final int CAPACITY = 16 * 1024;
    /** Payload that arrives with a header is copied, so a header's read takes little of it along. */
    private static final int HEADER_READ = 512;
    /** The JDK reads into heap buffers through a direct one as large as the read, and keeps it for the thread. */
    private static final int HEAP_READ = 128 * 1024;

    private final ByteChannel channel;
    private final ByteBuffer buffered = ByteBuffer.allocateDirect(CAPACITY).limit(0);
    private volatile long waitingSince = NOT_WAITING;

    public WireInput(ByteChannel channel) {
        this.channel = channel;
    }

    /** When the read that is under way began ({@link System#nanoTime()}), or {@link #NOT_WAITING}. */
    public long waitingSince() {
        return waitingSince;
    }

    /** Whether something came that was not asked for yet. */
    public boolean hasBuffered() {
        return buffered.hasRemaining();
    }

    /** Waits for {@code bytes} of a new message; the server may have closed the connection before it. */
    public void beginMessage(int bytes) throws IOException {
        fill(bytes, HEADER_READ, buffered.hasRemaining());
    }

    /** Waits for {@code bytes} more of the message; at most 512. */
    public void require(int bytes) throws IOException {
        fill(bytes, HEADER_READ, true);
    }

    /** Waits for {@code bytes} more of a message of which {@code left} bytes are to come and to be parsed. */
    public void require(int bytes, int left) throws IOException {
        fill(bytes, left, true);
    }

    /** The bytes required and not taken yet. */
    public int peekInt() {
        return buffered.getInt(buffered.position());
    }

    public int takeUnsignedShort() {
        return buffered.getShort() & 0xffff;
    }

    public int takeInt() {
        return buffered.getInt();
    }

    public long takeLong() {
        return buffered.getLong();
    }

    /** Reads {@code bytes}, which the caller has bounded, as a string. */
    public String readString(int bytes) throws IOException {
        byte[] text = new byte[bytes];
        readInto(ByteBuffer.wrap(text));
        return new String(text, StandardCharsets.UTF_8);
    }

    /** Like {@link #readString}, made fit for an error message. */
    public String readText(int bytes) throws IOException {
        return readString(bytes).replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
    }

    /** Fills what remains of {@code destination}. */
    public void readInto(ByteBuffer destination) throws IOException {
        int limit = destination.limit();
        int copied = Math.min(buffered.remaining(), destination.remaining());
        if (copied > 0) {
            int bufferedLimit = buffered.limit();
            destination.put(buffered.limit(buffered.position() + copied));
            buffered.limit(bufferedLimit);
        }
        while (destination.hasRemaining()) {
            if (!destination.isDirect()) {
                destination.limit(Math.min(limit, destination.position() + HEAP_READ));
            }
            read(destination, true);
            destination.limit(limit);
        }
    }

    /** Passes over {@code bytes}. */
    public void skip(int bytes) throws IOException {
        for (int left = bytes; left > 0; ) {
            int step = Math.min(left, HEADER_READ);
            require(step);
            buffered.position(buffered.position() + step);
            left -= step;
        }
    }

    private void fill(int bytes, int readAhead, boolean insideMessage) throws IOException {
        int missing = bytes - buffered.remaining();
        if (missing <= 0) {
            return;
        }
        boolean inside = insideMessage;
        buffered.compact();
        try {
            buffered.limit(Math.min(CAPACITY, buffered.position() + Math.max(missing, readAhead)));
            while (missing > 0) {
                missing -= read(buffered, inside);
                inside = true;
            }
        } finally {
            buffered.flip();
        }
    }

    private int read(ByteBuffer into, boolean insideMessage) throws IOException {
        waitingSince = System.nanoTime();
        int count = channel.read(into);
        waitingSince = NOT_WAITING;
        if (count < 0) {
            throw new WireException(
                    NbdException.Kind.DISCONNECTED,
                    "the server closed the connection" + (insideMessage ? " in the middle of a message" : ""));
        }
        return count;
    }
}
