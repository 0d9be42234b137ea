// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.session;

import dev.virtwire.client.internal.text.PeerText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.sshd.client.channel.AbstractClientChannel;
import org.apache.sshd.client.channel.ClientChannel;
import org.apache.sshd.common.channel.StreamingChannel.Streaming;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bytes in both directions over one channel of an ssh session. None of its methods blocks. What a command there
 * complains of is kept for the error when it ends.
 */
final class SshStream {
    private static final Logger LOG = LoggerFactory.getLogger(SshStream.class);
    private static final int MOST_COMPLAINTS = 4096;

    private final Supplier<@Nullable String> sessionsEnd;
    private final String what;
    private final Executor tasks;
    private byte[] complaints = new byte[0];
    private volatile @Nullable AbstractClientChannel channel;
    private @Nullable Listener listener;

    /** Hears what comes, on SSHD's turn of a thread: it hands over and does not block. */
    interface Listener {
        /** Bytes, which the listener owns, and which count against the window until {@link #consumed}. */
        void received(byte[] data);

        /** The end; null for one that needs no explanation. */
        void ended(@Nullable IOException why);
    }

    /**
     * A stream that is yet to be opened.
     *
     * @param sessionsEnd why its session ended, as far as that is known
     * @param what what is at its other end, for messages
     * @param tasks where SSHD is told to close things
     */
    SshStream(Supplier<@Nullable String> sessionsEnd, String what, Executor tasks) {
        this.sessionsEnd = sessionsEnd;
        this.what = what;
        this.tasks = tasks;
    }

    /** Says who hears what comes; before it is opened. */
    void attach(Listener heard) {
        listener = heard;
    }

    /** Opens it by a channel that calls {@link #data} and its like. */
    CompletableFuture<Void> open(AbstractClientChannel opening) throws IOException {
        CompletableFuture<Void> opened = new CompletableFuture<>();
        channel = opening;
        opening.setStreaming(Streaming.Async);
        opening.addCloseFutureListener(closed -> {
            IOException why = why(opening);
            opened.completeExceptionally(why);
            heard().ended(why);
        });
        opening.open().addListener(done -> {
            if (done.isOpened()) {
                opened.complete(null);
            } else {
                Throwable failure = done.getException();
                opened.completeExceptionally(failure == null ? new IOException(what + " was not opened") : failure);
            }
        });
        return opened;
    }

    /** Takes what the peer sent. */
    void data(byte[] data, int offset, long length) {
        heard().received(Arrays.copyOfRange(data, offset, offset + (int) length));
    }

    /** Takes what the command complains of; the last of it is kept. */
    void complaint(byte[] data, int offset, long length) {
        synchronized (this) {
            byte[] all = Arrays.copyOf(complaints, complaints.length + (int) length);
            System.arraycopy(data, offset, all, complaints.length, (int) length);
            complaints = Arrays.copyOfRange(all, Math.max(0, all.length - MOST_COMPLAINTS), all.length);
        }
        consumed((int) length);
    }

    /** Takes that the peer sends no more. */
    void eof() {
        close();
    }

    /**
     * Takes that the peer has closed the channel: what is still to be written, and waits for a window, never will be.
     */
    void closedByPeer() {
        ClientChannel ending = channel;
        if (ending != null) {
            tasks.execute(() -> ending.close(true));
        }
    }

    /** Lets the peer send as much again. */
    void consumed(int bytes) {
        try {
            opened().getLocalWindow().release(bytes);
        } catch (IOException e) {
            LOG.debug("{}: the window was not opened; the session is ending", what, e);
        }
    }

    /**
     * Sends; one write after the other.
     *
     * @param done called with null, or with why not
     */
    void write(byte[] data, int length, Consumer<@Nullable Throwable> done) {
        try {
            opened().getAsyncIn()
                    .writeBuffer(new ByteArrayBuffer(data, 0, length))
                    .addListener(written -> done.accept(written.getException()));
        } catch (IOException e) {
            done.accept(e);
        }
    }

    /** Ends it; what was not opened yet never will be. */
    void close() {
        ClientChannel ending = channel;
        if (ending != null) {
            tasks.execute(() -> ending.close(false));
        }
    }

    private IOException why(ClientChannel ended) {
        String session = sessionsEnd.get();
        StringBuilder text = new StringBuilder(what).append(" ended");
        Integer code = ended.getExitStatus();
        String signal = ended.getExitSignal();
        if (code != null) {
            text.append(" with exit code ").append(code);
        } else if (signal != null) {
            text.append(" by signal ").append(signal);
        } else if (session != null) {
            text.append(" because the ssh connection did: ").append(session);
        }
        String said = complaints();
        if (!said.isEmpty()) {
            text.append(": ").append(said);
        }
        return new IOException(text.toString());
    }

    private synchronized String complaints() {
        return PeerText.shown(new String(complaints, StandardCharsets.UTF_8));
    }

    private AbstractClientChannel opened() {
        AbstractClientChannel open = channel;
        if (open == null) {
            throw new IllegalStateException(what + " has not been opened");
        }
        return open;
    }

    private Listener heard() {
        Listener attached = listener;
        if (attached == null) {
            throw new IllegalStateException(what + " has nobody who listens");
        }
        return attached;
    }
}
