// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import dev.virtwire.nbd.internal.Closing;
import dev.virtwire.nbd.internal.Deadline;
import dev.virtwire.nbd.internal.Failure;
import dev.virtwire.nbd.internal.Negotiation;
import dev.virtwire.nbd.internal.Operation;
import dev.virtwire.nbd.internal.PendingRequests;
import dev.virtwire.nbd.internal.ReadOperation;
import dev.virtwire.nbd.internal.ReplyReader;
import dev.virtwire.nbd.internal.StatusOperation;
import dev.virtwire.nbd.internal.Watchdog;
import dev.virtwire.nbd.internal.WireInput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A connection to one export of an NBD server. Safe for use by several threads.
 *
 * <p>Requests go out in the order of the calls, at most {@link NbdOptions#maxInFlight()} at once; further ones wait,
 * and no call blocks but for writing a few bytes to the socket. Answers come in any order. Every future completes: with
 * its result, or with an {@link NbdException}; cancelling one has no effect, since the server cannot be told.
 *
 * <p><b>Threads.</b> Futures complete on this connection's reader thread, and so does what hangs on them: while it
 * runs, nothing is read, and the server has to wait. It must not wait for another request of the same connection. Time
 * spent there does not count as silence of the server.
 *
 * @since 0.1
 */
public final class NbdConnection implements NbdReader {
    private final NbdUri uri;
    private final NbdExport export;
    private final long requestTimeoutNanos;
    private final Duration requestTimeout;
    private final ByteChannel channel;
    private final WireInput in;
    private final PendingRequests pending;
    private final ReplyReader replies;
    private final Thread reader;
    private final Watchdog.Watched silence = this::checkSilence;
    private final AtomicReference<@Nullable Failure> end = new AtomicReference<>();

    private NbdConnection(NbdUri uri, Negotiation negotiated, NbdOptions options) {
        this.uri = uri;
        this.export = negotiated.export();
        this.requestTimeout = options.requestTimeout();
        this.requestTimeoutNanos = requestTimeout.toNanos();
        this.channel = negotiated.channel();
        this.in = negotiated.input();
        this.pending =
                new PendingRequests(channel, export.extendedHeaders(), options.maxInFlight(), options.maxQueued());
        this.replies = new ReplyReader(in, pending, export, negotiated.contextIds(), uri);
        this.reader = new Thread(this::readReplies, "nbd reader " + uri);
        reader.setDaemon(true);
    }

    /**
     * Connects and negotiates; blocks, at most for {@link NbdOptions#connectTimeout()} (the look-up of a host name
     * excepted, which the JDK does not limit).
     *
     * @param exportName empty for the server's default export
     * @throws NbdException when nobody answers, or the server refuses
     */
    public static NbdConnection open(NbdAddress address, String exportName, NbdOptions options) {
        NbdUri uri = new NbdUri(address, exportName);
        Negotiation negotiation = Negotiation.run(uri, options, session -> session.enter(options.metaContexts()));
        NbdConnection connection = new NbdConnection(uri, negotiation, options);
        Watchdog.add(connection.silence);
        try {
            connection.reader.start();
        } catch (Error e) {
            // No thread can be had.
            Watchdog.remove(connection.silence);
            Closing.close(connection.channel);
            throw e;
        }
        return connection;
    }

    /**
     * Asks a server for the contexts that an export has; blocks like {@link #open}.
     *
     * @param queries such as {@code qemu:} for all of a name space; none for every context
     * @return their names; a server may answer with patterns
     * @throws NbdException when nobody answers, or the server refuses or has no contexts at all
     */
    public static List<String> listMetaContexts(
            NbdAddress address, String exportName, NbdOptions options, String... queries) {
        NbdUri uri = new NbdUri(address, exportName);
        Negotiation negotiation = Negotiation.run(uri, options, session -> session.listMetaContexts(List.of(queries)));
        return negotiation.listed();
    }

    /** What was negotiated. */
    @Override
    public NbdExport export() {
        return export;
    }

    /** The server and the export, as error messages name them. */
    @Override
    public NbdUri uri() {
        return uri;
    }

    /** Whether requests can be made: neither side has closed the connection, as far as is known. */
    public boolean isOpen() {
        return end.get() == null;
    }

    /**
     * Reads from {@code offset} on as many bytes as {@code destination} has remaining, into it. Reads that are longer
     * than the server's maximum go out in pieces.
     *
     * <p>The buffer belongs to the connection until it completes the future; its position and limit stay as they are,
     * so that the bytes from its position to its limit are the data afterwards. With a direct buffer nothing is copied.
     * Completing the future from elsewhere, as {@link CompletableFuture#orTimeout} does, does not give the buffer back.
     *
     * @param offset a multiple of the minimum block size; so is the length, but at the end of the export
     * @return completes on the reader thread; with an {@link NbdException}, the buffer's content is undefined
     */
    @Override
    public CompletableFuture<Void> read(long offset, ByteBuffer destination) {
        int length = destination.remaining();
        String objection = destination.isReadOnly()
                ? "the destination is a read-only buffer"
                : StatusRange.objection(export, offset, length);
        if (objection != null) {
            return invalid(new NbdRequest(NbdRequest.Command.READ, offset, length), objection);
        }
        if (length == 0) {
            return CompletableFuture.completedFuture(null);
        }
        return submit(new ReadOperation(offset, destination, export.maximumRead()));
    }

    /**
     * Asks for the extents of all negotiated contexts from {@code offset} on. The answer starts at {@code offset} in
     * each context, and may be shorter than {@code length} or longer, differently for each, but has one extent at least
     * and ends with the export at the latest. Without extended headers no more than 4 GiB are asked for at once.
     *
     * @param offset a multiple of the minimum block size; so is the length, but at the end of the export
     * @param length at least 1
     * @return the extents by context, in the order of {@link NbdExport#metaContexts()}; completes on the reader thread
     */
    @Override
    public CompletableFuture<Map<String, ExtentList>> blockStatus(long offset, long length) {
        long asked = Math.min(length, StatusRange.longest(export));
        NbdRequest request = new NbdRequest(NbdRequest.Command.BLOCK_STATUS, offset, asked);
        String objection = StatusRange.objection(export, offset, length);
        if (objection == null && export.metaContexts().isEmpty()) {
            objection = "no meta context was negotiated";
        }
        if (objection == null && length == 0) {
            objection = "the range is empty";
        }
        if (objection != null) {
            return invalid(request, objection);
        }
        return submit(new StatusOperation(request, export.metaContexts()));
    }

    /** Like {@link #blockStatus(long, long)}, and picks one context out of the answer. */
    public CompletableFuture<ExtentList> blockStatus(String context, long offset, long length) {
        if (!export.metaContexts().contains(context)) {
            return invalid(
                    new NbdRequest(NbdRequest.Command.BLOCK_STATUS, offset, length),
                    "the context " + context + " was not negotiated");
        }
        return blockStatus(offset, length).thenApply(all -> all.get(context));
    }

    /**
     * Takes leave of the server and waits for the reader thread to end, and so for what runs on it; on the reader
     * thread itself it does not wait. Requests that are pending fail. Idempotent.
     */
    @Override
    public void close() {
        if (isOpen()) {
            try {
                pending.sendDisconnect();
            } catch (IOException e) {
                fail(Failure.of(e));
            }
        }
        fail(new Failure(NbdException.Kind.CLOSED, "the connection has been closed", null));
        Closing.join(reader);
        Watchdog.remove(silence);
    }

    /** Ends the connection when the server owes a reply, or takes no request, and nothing has moved for too long. */
    private long checkSilence(long now) {
        long reading = in.waitingSince();
        long writing = pending.writingSince();
        long quietSince;
        if (!isOpen()) {
            return requestTimeoutNanos;
        } else if (writing != WireInput.NOT_WAITING) {
            quietSince = writing;
        } else if (pending.isBusy() && reading != WireInput.NOT_WAITING) {
            quietSince = Math.max(reading - now, pending.busySince() - now) + now;
        } else {
            return requestTimeoutNanos;
        }
        long left = requestTimeoutNanos - (now - quietSince);
        if (left <= 0) {
            fail(new Failure(
                    NbdException.Kind.TIMEOUT,
                    "the server has been silent for " + Deadline.text(requestTimeout),
                    null));
            return requestTimeoutNanos;
        }
        return left;
    }

    /** Whether this is the thread that reads the replies, which cannot wait for one. */
    boolean isReader(Thread thread) {
        return thread == reader;
    }

    private <T> CompletableFuture<T> invalid(NbdRequest request, String objection) {
        return CompletableFuture.failedFuture(
                new NbdException(NbdException.Kind.INVALID, uri, request, null, objection, null));
    }

    private <T> CompletableFuture<T> submit(Operation<T> operation) {
        try {
            Failure refusal = pending.submit(operation);
            if (refusal != null) {
                operation.completeExceptionally(refusal.forRequest(uri, operation.request()));
            }
        } catch (IOException e) {
            fail(Failure.of(e));
        }
        return operation;
    }

    private void readReplies() {
        try {
            while (isOpen()) {
                replies.readReply();
            }
        } catch (IOException e) {
            fail(Failure.of(e));
        } catch (RuntimeException | Error e) {
            fail(new Failure(NbdException.Kind.DISCONNECTED, "the reader thread failed: " + e, e));
        }
        Failure failure = end.get();
        if (failure != null) {
            replies.settleAll(failure);
        }
        Watchdog.remove(silence);
    }

    /** Ends the connection for the first reason given; the reader thread does the rest. */
    private void fail(Failure failure) {
        if (end.compareAndSet(null, failure)) {
            Closing.close(channel);
        }
    }
}
