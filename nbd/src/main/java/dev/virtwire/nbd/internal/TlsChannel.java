// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * TLS on a blocking channel. One thread reads while another writes; a payload is decrypted straight into its
 * destination if a record fits.
 *
 * <p>A server that hangs up without a word of TLS is no danger here: NBD's own messages say how long they are.
 */
public final class TlsChannel implements ByteChannel {
    /** Several records in one read; the longest that there is has 18 KiB. */
    private static final int INCOMING = 128 * 1024;

    private static final String HUNG_UP = "the server hung up in the TLS handshake";
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    private final ByteChannel plain;
    private final SSLEngine engine;
    private final ReentrantLock writing = new ReentrantLock();

    /** Encrypted and not yet looked at. It is in the heap, because the JDK decrypts a tenth faster there. */
    private final ByteBuffer incoming = ByteBuffer.allocate(INCOMING).limit(0);

    /** Decrypted and not yet asked for. */
    private final ByteBuffer clear;

    private final ByteBuffer outgoing;
    private boolean established;
    private volatile boolean heard;

    private TlsChannel(ByteChannel plain, SSLEngine engine) {
        this.plain = plain;
        this.engine = engine;
        this.clear = ByteBuffer.allocateDirect(engine.getSession().getApplicationBufferSize())
                .limit(0);
        this.outgoing = ByteBuffer.allocateDirect(engine.getSession().getPacketBufferSize());
    }

    /**
     * Shakes hands; blocks.
     *
     * @throws IOException whose message says why the server is not trusted or TLS failed
     */
    public static TlsChannel start(ByteChannel plain, SSLEngine engine) throws IOException {
        TlsChannel channel = new TlsChannel(plain, engine);
        try {
            channel.shakeHands();
        } catch (SSLException e) {
            channel.sendAlert();
            throw TlsFailure.of(e, true);
        } catch (IOException e) {
            throw channel.hungUp(e) ? TlsFailure.because(HUNG_UP) : e;
        }
        return channel;
    }

    private void shakeHands() throws IOException {
        engine.beginHandshake();
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> runTasks();
                case NEED_WRAP -> wrap(NOTHING);
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    if (unwrap(clear.clear()) < 0) {
                        throw TlsFailure.because(HUNG_UP);
                    }
                    clear.flip();
                }
                case FINISHED, NOT_HANDSHAKING -> {
                    established = true;
                    return;
                }
            }
        }
    }

    @Override
    public int read(ByteBuffer destination) throws IOException {
        if (!destination.hasRemaining()) {
            return 0;
        }
        try {
            while (!clear.hasRemaining()) {
                int count = unwrap(destination);
                if (count < 0 && !heard) {
                    throw notWelcome();
                }
                if (count != 0) {
                    heard = true;
                    return count;
                }
            }
        } catch (SSLException e) {
            throw TlsFailure.of(e, !heard);
        }
        heard = true;
        int count = Math.min(clear.remaining(), destination.remaining());
        destination.put(destination.position(), clear, clear.position(), count);
        destination.position(destination.position() + count);
        clear.position(clear.position() + count);
        return count;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        int count = source.remaining();
        writing.lock();
        try {
            while (source.hasRemaining()) {
                wrap(source);
            }
        } catch (SSLException e) {
            throw TlsFailure.of(e, !heard);
        } catch (IOException e) {
            throw hungUp(e) ? notWelcome() : e;
        } finally {
            writing.unlock();
        }
        return count;
    }

    private static IOException notWelcome() {
        return TlsFailure.because(
                "the server hung up after the TLS handshake: it may not accept this side's certificate");
    }

    /**
     * Decrypts one record into {@code destination}, or if it does not fit, into {@link #clear}.
     *
     * @return how many bytes came into the destination, or -1 at the end
     */
    private int unwrap(ByteBuffer destination) throws IOException {
        int before = destination.position();
        SSLEngineResult result = engine.unwrap(incoming, destination);
        if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
            clear.clear();
            result = engine.unwrap(incoming, clear);
            clear.flip();
        }
        return switch (result.getStatus()) {
            case OK -> {
                follow(result.getHandshakeStatus());
                yield destination.position() - before;
            }
            case BUFFER_UNDERFLOW -> receive() ? 0 : -1;
            case CLOSED -> -1;
            case BUFFER_OVERFLOW -> throw TlsFailure.because("a record is longer than TLS allows");
        };
    }

    /** Waits for more of a record; false at the end. */
    private boolean receive() throws IOException {
        incoming.compact();
        try {
            return plain.read(incoming) >= 0;
        } catch (IOException e) {
            if (hungUp(e)) {
                return false;
            }
            throw e;
        } finally {
            incoming.flip();
        }
    }

    /** Who hangs up at once, before having read what this side said, resets the connection. */
    private boolean hungUp(IOException e) {
        String text = String.valueOf(e.getMessage());
        return !heard && (text.contains("reset") || text.equals("Broken pipe"));
    }

    /** Does what a record asks for; after the handshake that is new keys, and with TLS 1.2 nothing. */
    private void follow(HandshakeStatus status) throws IOException {
        if (!established) {
            return;
        }
        switch (status) {
            case NEED_TASK -> runTasks();
            case NEED_WRAP -> {
                if (!engine.getSession().getProtocol().equals("TLSv1.3")) {
                    throw TlsFailure.because("the server wants to negotiate TLS again in the middle of the connection");
                }
                writing.lock();
                try {
                    while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                        wrap(NOTHING);
                    }
                } finally {
                    writing.unlock();
                }
            }
            default -> {}
        }
    }

    /** Encrypts one record and sends it. */
    private void wrap(ByteBuffer source) throws IOException {
        outgoing.clear();
        SSLEngineResult result = engine.wrap(source, outgoing);
        outgoing.flip();
        while (outgoing.hasRemaining()) {
            plain.write(outgoing);
        }
        if (result.getStatus() == SSLEngineResult.Status.CLOSED && source.hasRemaining()) {
            throw new ClosedChannelException();
        }
        if (result.bytesProduced() == 0 && result.bytesConsumed() == 0) {
            if (result.getHandshakeStatus() != HandshakeStatus.NEED_TASK) {
                throw TlsFailure.because(
                        "nothing can be sent (" + result.getStatus() + ", " + result.getHandshakeStatus() + ")");
            }
            runTasks();
        }
    }

    private void runTasks() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    /** Tells the server why this side gives up. */
    private void sendAlert() {
        try {
            while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                wrap(NOTHING);
            }
        } catch (IOException e) {
            // The reason is known already, and it may be that nobody is there any more.
            Closing.ignored(e);
        }
    }

    @Override
    public boolean isOpen() {
        return plain.isOpen();
    }

    /** Ends both directions at once; NBD has taken its leave before. */
    @Override
    public void close() throws IOException {
        plain.close();
    }
}
