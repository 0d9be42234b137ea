// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import dev.virtwire.client.CallRefusedException;
import dev.virtwire.client.ProtocolException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.StreamOverflowException;
import dev.virtwire.client.internal.async.TrackedFuture;
import dev.virtwire.client.internal.wire.RemoteErrorReader;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.StreamDirection;
import dev.virtwire.protocol.message.MessageHeader;
import dev.virtwire.protocol.message.MessageStatus;
import dev.virtwire.protocol.message.MessageType;
import dev.virtwire.protocol.stream.DuplexStream;
import dev.virtwire.protocol.stream.StreamPiece;
import dev.virtwire.xdr.XdrReader;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One stream, both ways; what its users see of it depends on its direction. State lives on the event loop. Nothing is sent
 * before the opening reply, because nobody has the stream before.
 */
public final class RpcStream implements DuplexStream {
    /** Between opening and end. */
    private enum State {
        OPEN,
        /** This side has finished, and the server is to confirm. */
        FINISHING,
        /** This side has aborted, and the server is to confirm. */
        ABORTING,
        ENDED
    }

    private final Procedure<?, ?> procedure;
    private final boolean sparse;
    private final StreamContext context;
    private final StreamFlow flow;
    private final String name;
    private final StreamInput input;
    private final TrackedFuture<Void> closed;

    // On the event loop.
    private final List<TrackedFuture<Void>> finishing = new ArrayList<>();
    private final List<TrackedFuture<Void>> aborting = new ArrayList<>();
    private State state = State.OPEN;
    private boolean finishAsked;
    private boolean paused;
    private @Nullable Throwable failure;
    private @Nullable StreamLink link;
    private @Nullable StreamPackets packets;
    private @Nullable StreamOutput output;
    private Runnable forget = () -> {};

    RpcStream(Procedure<?, ?> procedure, boolean sparse, StreamContext context, StreamFlow flow) {
        this.procedure = procedure;
        this.sparse = sparse;
        this.context = context;
        this.flow = flow;
        this.name = "the stream of %s on %s".formatted(procedure.name(), context.host());
        this.input = new StreamInput(name, context);
        this.closed = context.newFuture();
    }

    // ---- what its users do, on any thread

    @Override
    public CompletableFuture<StreamPiece> read() {
        TrackedFuture<StreamPiece> future = abortedByCancel();
        reading(future, () -> input.read(future));
        return future;
    }

    @Override
    public CompletableFuture<Integer> read(ByteBuffer target) {
        TrackedFuture<Integer> future = abortedByCancel();
        reading(future, () -> input.read(future, target));
        return future;
    }

    @Override
    public CompletableFuture<Void> write(ByteBuffer source) {
        TrackedFuture<Void> future = abortedByCancel();
        writing(future, to -> to.write(future, source));
        return future;
    }

    @Override
    public CompletableFuture<Void> writeHole(long length) {
        if (length <= 0) {
            throw new IllegalArgumentException(name + ": a hole of " + length + " bytes");
        }
        TrackedFuture<Void> future = abortedByCancel();
        if (!sparse) {
            fail(future, refused("it was not opened for holes"));
        } else {
            writing(future, to -> to.writeHole(future, length));
        }
        return future;
    }

    @Override
    public CompletableFuture<Void> finish() {
        TrackedFuture<Void> future = context.newFuture();
        context.onLoop(() -> finish(future));
        return future;
    }

    @Override
    public CompletableFuture<Void> abort() {
        TrackedFuture<Void> future = context.newFuture();
        context.onLoop(() -> abort(future));
        return future;
    }

    @Override
    public CompletableFuture<Void> closed() {
        return closed.copy();
    }

    /** What it is, and of which host. */
    @Override
    public String toString() {
        return name;
    }

    private <T> TrackedFuture<T> abortedByCancel() {
        TrackedFuture<T> future = context.newFuture();
        future.whenComplete((value, cause) -> {
            if (future.isCancelled()) {
                abort();
            }
        });
        return future;
    }

    // ---- on the event loop

    private void reading(TrackedFuture<?> future, Runnable read) {
        if (procedure.stream() == StreamDirection.SENDS) {
            fail(future, refused("nothing comes in it"));
            return;
        }
        context.onLoop(() -> {
            if (finishAsked && state != State.ENDED) {
                fail(future, refused("it is finished"));
                return;
            }
            read.run();
            StreamLink from = link;
            if (paused && from != null && input.cost() < flow.limit() / 2) {
                paused = false;
                from.pauseReading(false);
            }
        });
    }

    private void writing(TrackedFuture<Void> future, Consumer<StreamOutput> write) {
        if (procedure.stream() == StreamDirection.RECEIVES) {
            fail(future, refused("nothing can be sent in it"));
            return;
        }
        context.onLoop(() -> {
            StreamOutput to = output;
            Throwable cause = failure;
            if (cause != null) {
                fail(future, cause);
            } else if (to == null || finishAsked) {
                fail(future, refused("it is finished"));
            } else {
                write.accept(to);
            }
        });
    }

    private void finish(TrackedFuture<Void> future) {
        StreamOutput to = output;
        if (state == State.ENDED || to == null) {
            complete(future, failure);
        } else if (state == State.ABORTING) {
            fail(future, aborted());
        } else if (procedure.stream() == StreamDirection.RECEIVES && !input.isReadToEnd()) {
            fail(future, refused("it was not read to its end, and can only be aborted"));
        } else {
            finishing.add(future);
            if (!finishAsked) {
                finishAsked = true;
                to.afterAll(this::sendFinish);
            }
        }
    }

    private void sendFinish() {
        state = State.FINISHING;
        input.end(refused("it is finished"), true);
        resume();
        send(StreamPackets::finish);
    }

    private void abort(TrackedFuture<Void> future) {
        if (state == State.ENDED) {
            complete(future, null);
            return;
        }
        aborting.add(future);
        if (state == State.ABORTING) {
            return;
        }
        state = State.ABORTING;
        CallRefusedException cause = aborted();
        failPending(cause, true);
        resume();
        send(StreamPackets::abort);
    }

    private void send(Function<StreamPackets, ByteBuf> packet) {
        StreamPackets made = packets;
        StreamOutput to = output;
        if (made != null && to != null) {
            to.sendNow(packet.apply(made));
        }
    }

    /** The server has to be able to confirm an end. */
    private void resume() {
        StreamLink from = link;
        if (paused && from != null) {
            paused = false;
            from.pauseReading(false);
        }
    }

    private void failPending(Throwable cause, boolean drop) {
        failure = cause;
        input.end(cause, drop);
        if (output != null) {
            output.end(cause);
        }
        finishing.forEach(future -> fail(future, cause));
        finishing.clear();
    }

    private void end(@Nullable Throwable cause) {
        state = State.ENDED;
        forget.run();
        resume();
        if (failure == null && cause != null) {
            failPending(cause, false);
        }
        finishing.forEach(future -> complete(future, null));
        finishing.clear();
        aborting.forEach(future -> complete(future, null));
        aborting.clear();
        complete(closed, failure);
    }

    // ---- what its connection does

    void bind(StreamLink to, int serial, Runnable whenGone) {
        link = to;
        packets = new StreamPackets(to.allocator(), procedure, serial);
        output = new StreamOutput(context, to, packets);
        forget = whenGone;
    }

    boolean isOf(int program, int number) {
        return procedure.program() == program && procedure.number() == number;
    }

    boolean awaitsServer() {
        StreamOutput to = output;
        return state == State.FINISHING || state == State.ABORTING || (to != null && to.isBusy());
    }

    void linkEnded() {
        StreamLink was = link;
        if (was != null) {
            end(was.ended(name + ": "));
        }
    }

    void receive(MessageHeader header, ByteBuf body) {
        boolean hole = header.type() == MessageType.STREAM_HOLE;
        if (header.status() == MessageStatus.CONTINUE) {
            StreamPiece piece = hole ? hole(body) : data(body);
            if (state == State.OPEN) {
                offer(piece);
            }
        } else if (hole) {
            throw broken("a hole has status %d, which no hole has".formatted(header.status()));
        } else if (header.status() == MessageStatus.ERROR) {
            XdrReader in = new XdrReader(body);
            RemoteException.Details details = RemoteErrorReader.read(in);
            in.expectEnd("the error of " + name);
            end(new RemoteException(context.host(), procedure.name(), header.serial(), details));
        } else if (header.status() == MessageStatus.OK) {
            if (state == State.OPEN) {
                throw broken("the server confirmed an end that this side has not asked for");
            }
            end(null);
        } else {
            throw broken("a packet has status %d, which no packet has".formatted(header.status()));
        }
    }

    private StreamPiece data(ByteBuf body) {
        if (!body.isReadable()) {
            return new StreamPiece.End();
        }
        ByteBuffer bytes = ByteBuffer.allocate(body.readableBytes());
        body.readBytes(bytes);
        return new StreamPiece.Data(bytes.flip());
    }

    private StreamPiece hole(ByteBuf body) {
        XdrReader in = new XdrReader(body);
        long length = in.readLong("hole.length");
        int flags = in.readInt("hole.flags");
        in.expectEnd("a hole");
        if (!sparse) {
            throw broken("a hole, and it was not opened for holes");
        }
        if (length <= 0 || flags != 0) {
            throw broken("a hole of %d bytes with flags %#x".formatted(length, flags));
        }
        return new StreamPiece.Hole(length);
    }

    private void offer(StreamPiece piece) {
        if (procedure.stream() == StreamDirection.SENDS) {
            throw broken("the server sent data, and it only takes some");
        }
        if (input.hasEnded()) {
            throw broken("the server sent more after its end");
        }
        boolean full = input.cost() > 0 && input.cost() + StreamInput.costOf(piece) > flow.limit();
        StreamLink from = link;
        if (full && !flow.alone()) {
            // The server's confirmation finds no stream any more, and is dropped like the packets before it.
            send(StreamPackets::abort);
            end(new StreamOverflowException(name, flow.limit()));
            return;
        }
        if (full && !paused && from != null) {
            paused = true;
            from.pauseReading(true);
        }
        input.offer(piece);
    }

    // ---- words

    private ProtocolException broken(String what) {
        return new ProtocolException(name + ": " + what);
    }

    private CallRefusedException refused(String why) {
        return new CallRefusedException(name + ": " + why);
    }

    private CallRefusedException aborted() {
        return refused("it was aborted by this side");
    }

    private void fail(CompletableFuture<?> future, Throwable cause) {
        context.callback(() -> future.completeExceptionally(cause));
    }

    private void complete(CompletableFuture<Void> future, @Nullable Throwable cause) {
        if (cause != null) {
            fail(future, cause);
        } else {
            context.callback(() -> future.complete(null));
        }
    }
}
