// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import dev.virtwire.client.CallRefusedException;
import dev.virtwire.protocol.stream.StreamPiece;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What has come in a stream and was not read, and the read that waits for more. On the event loop. */
final class StreamInput {
    /** What a piece costs beside its bytes, so that a flood of holes is bounded too. */
    private static final long PIECE_COST = 64;

    /** A read that takes what is there; null if that is not enough. */
    private record Read<T>(StreamFuture<T> future, Supplier<@Nullable T> take) {}

    private final String name;
    private final StreamLink link;
    private final Deque<StreamPiece> pieces = new ArrayDeque<>();
    private @Nullable Read<?> pending;
    private @Nullable Throwable failure;
    private long cost;
    private boolean endCame;
    private boolean endRead;

    StreamInput(String name, StreamLink link) {
        this.name = name;
        this.link = link;
    }

    /** What waits, in bytes, whatever it is. */
    long cost() {
        return cost;
    }

    boolean hasEnded() {
        return endCame;
    }

    /** Whether its reader has seen the end. */
    boolean isReadToEnd() {
        return endRead;
    }

    /** What a piece adds to {@link #cost}. */
    static long costOf(StreamPiece piece) {
        return PIECE_COST
                + (piece instanceof StreamPiece.Data data ? data.bytes().remaining() : 0);
    }

    void offer(StreamPiece piece) {
        if (piece instanceof StreamPiece.End) {
            endCame = true;
        }
        pieces.add(piece);
        cost += costOf(piece);
        serve();
    }

    /** Nothing comes any more; what is there can still be read, unless it is dropped. */
    void end(Throwable cause, boolean drop) {
        if (failure == null) {
            failure = cause;
        }
        if (drop) {
            pieces.clear();
            cost = 0;
        }
        serve();
    }

    void read(StreamFuture<StreamPiece> future) {
        begin(new Read<>(future, this::take));
    }

    void read(StreamFuture<Integer> future, ByteBuffer target) {
        begin(new Read<>(future, () -> fill(target)));
    }

    private <T> void begin(Read<T> read) {
        // One that was given up makes no difference: the stream is about to be aborted for it.
        if (pending != null && !pending.future().isDone()) {
            link.fail(
                    read.future(),
                    new CallRefusedException(name + ": a read is pending already, and there can be only one"));
            return;
        }
        pending = read;
        serve();
    }

    private void serve() {
        Read<?> read = pending;
        if (read != null && serve(read)) {
            pending = null;
        }
    }

    private <T> boolean serve(Read<T> read) {
        T result = read.future().decide(read.take());
        if (result != null) {
            link.succeed(read.future(), result);
            return true;
        }
        Throwable cause = failure;
        if (cause != null) {
            link.fail(read.future(), cause);
            return true;
        }
        return false;
    }

    private @Nullable StreamPiece take() {
        StreamPiece piece = pieces.peek();
        if (piece instanceof StreamPiece.End) {
            endRead = true;
        } else if (piece != null) {
            pieces.remove();
            cost -= costOf(piece);
        }
        return piece;
    }

    private @Nullable Integer fill(ByteBuffer target) {
        if (!target.hasRemaining()) {
            return 0;
        }
        int filled = 0;
        StreamPiece piece;
        while (target.hasRemaining() && (piece = pieces.peek()) != null) {
            if (piece instanceof StreamPiece.End) {
                endRead |= filled == 0;
                return filled == 0 ? Integer.valueOf(-1) : Integer.valueOf(filled);
            }
            filled += piece instanceof StreamPiece.Data data
                    ? copy(data.bytes(), target)
                    : zeros((StreamPiece.Hole) piece, target);
        }
        return filled == 0 ? null : filled;
    }

    private int copy(ByteBuffer bytes, ByteBuffer target) {
        int length = Math.min(bytes.remaining(), target.remaining());
        target.put(bytes.slice().limit(length));
        bytes.position(bytes.position() + length);
        cost -= length;
        if (!bytes.hasRemaining()) {
            pieces.remove();
            cost -= PIECE_COST;
        }
        return length;
    }

    private int zeros(StreamPiece.Hole hole, ByteBuffer target) {
        int length = (int) Math.min(hole.length(), target.remaining());
        target.put(new byte[length]);
        pieces.remove();
        if (length < hole.length()) {
            pieces.addFirst(new StreamPiece.Hole(hole.length() - length));
        } else {
            cost -= PIECE_COST;
        }
        return length;
    }
}
