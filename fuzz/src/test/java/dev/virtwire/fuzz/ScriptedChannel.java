// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.CountDownLatch;

/**
 * A server that says its piece and hangs up, and takes whatever it is told. What belongs to the transmission phase it
 * keeps until the client's requests are there to be answered, so that one input always means one run.
 */
final class ScriptedChannel implements ByteChannel {
    private final ByteBuffer negotiation;
    private final ByteBuffer transmission;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final CountDownLatch released = new CountDownLatch(1);
    private volatile boolean open = true;

    ScriptedChannel(byte[] negotiation, byte[] transmission) {
        this.negotiation = ByteBuffer.wrap(negotiation);
        this.transmission = ByteBuffer.wrap(transmission);
    }

    /** The requests have been made. */
    void release() {
        released.countDown();
    }

    /** What the client has sent since this was last asked. */
    byte[] takeWritten() {
        synchronized (written) {
            byte[] taken = written.toByteArray();
            written.reset();
            return taken;
        }
    }

    @Override
    public int read(ByteBuffer destination) throws ClosedChannelException {
        if (negotiation.hasRemaining()) {
            return move(negotiation, destination);
        }
        try {
            released.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AsynchronousCloseException();
        }
        if (!open) {
            throw new AsynchronousCloseException();
        }
        return transmission.hasRemaining() ? move(transmission, destination) : -1;
    }

    private static int move(ByteBuffer from, ByteBuffer to) {
        int count = Math.min(from.remaining(), to.remaining());
        int limit = from.limit();
        to.put(from.limit(from.position() + count));
        from.limit(limit);
        return count;
    }

    @Override
    public int write(ByteBuffer source) throws ClosedChannelException {
        if (!open) {
            throw new ClosedChannelException();
        }
        byte[] taken = new byte[source.remaining()];
        source.get(taken);
        synchronized (written) {
            written.writeBytes(taken);
        }
        return taken.length;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        open = false;
        released.countDown();
    }
}
