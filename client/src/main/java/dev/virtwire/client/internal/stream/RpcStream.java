// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import dev.virtwire.client.CallRefusedException;
import dev.virtwire.client.ProtocolException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.StreamOverflowException;
import dev.virtwire.client.internal.async.SharedFuture;
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
import org.jspecify.annotations.Nullable;

/**
 * One stream, both ways; what its users see of it depends on its direction. State lives on the event loop. It is there
 * from when the call that opens it is sent; nothing is sent in it before the reply.
 */
public final class RpcStream implements DuplexStream {
    /** From the call to the end. */
    private enum State {
        /** The reply to the call has not come. */
        OPENING,
        OPEN,
        /** This side has finished, and the server is to confirm. */
        FINISHING,
        /** This side has aborted, and the server is to confirm. */
        ABORTING,
        ENDED
    }

    private final StreamLink link;
    private final StreamOpening opening;
    private final Procedure<?, ?> procedure;
    private final StreamPackets packets;
    private final Runnable forget;
    private final String name;
    private final StreamInput input;
    private final StreamOutput output;
    private final SharedFuture<Void> closed;

    // On the event loop.
    private final List<TrackedFuture<Void>> finishing = new ArrayList<>();
    private final List<TrackedFuture<Void>> aborting = new ArrayList<>();
    private State state = State.OPENING;
    private boolean finishAsked;
    private boolean paused;
    private @Nullable Throwable failure;

    RpcStream(StreamLink link, StreamOpening opening, Procedure<?, ?> procedure, int serial, Runnable forget) {
        this.link = link;
        this.opening = opening;
        this.procedure = procedure;
        this.packets = new StreamPackets(link.allocator(), procedure, serial);
        this.forget = forget;
        this.name = "the stream of %s on %s".formatted(procedure.name(), link.host());
        this.input = new StreamInput(name, link);
        this.output = new StreamOutput(link, packets);
        this.closed = new SharedFuture<>(link.waitGuard());
    }

    // ---- what its users do, on any thread

    @Override
    public CompletableFuture<StreamPiece> read() {
        StreamFuture<StreamPiece> future = new StreamFuture<>(link, this::abort);
        reading(future, () -> input.read(future));
        return future;
    }

    @Override
    public CompletableFuture<Integer> read(ByteBuffer target) {
        StreamFuture<Integer> future = new StreamFuture<>(link, this::abort);
        reading(future, () -> input.read(future, target));
        return future;
    }

    @Override
    public CompletableFuture<Void> write(ByteBuffer source) {
        StreamFuture<Void> future = new StreamFuture<>(link, this::abort);
        writing(future, () -> output.write(future, source));
        return future;
    }

    @Override
    public CompletableFuture<Void> writeHole(long length) {
        if (length <= 0) {
            throw new IllegalArgumentException(name + ": a hole of " + length + " bytes");
        }
        StreamFuture<Void> future = new StreamFuture<>(link, this::abort);
        if (!opening.sparse) {
            link.fail(future, refused("it was not opened for holes"));
        } else {
            writing(future, () -> output.writeHole(future, length));
        }
        return future;
    }

    @Override
    public CompletableFuture<Void> finish() {
        TrackedFuture<Void> future = new TrackedFuture<>(link.waitGuard());
        link.onLoop(() -> finish(future));
        return future;
    }

    @Override
    public CompletableFuture<Void> abort() {
        TrackedFuture<Void> future = new TrackedFuture<>(link.waitGuard());
        link.onLoop(() -> abort(future));
        return future;
    }

    @Override
    public CompletableFuture<Void> closed() {
        return closed;
    }

    /** What it is, and of which host. */
    @Override
    public String toString() {
        return name;
    }

    // ---- on the event loop

    private void reading(TrackedFuture<?> future, Runnable read) {
        if (procedure.stream() == StreamDirection.SENDS) {
            link.fail(future, refused("nothing comes in it"));
            return;
        }
        link.onLoop(() -> {
            if (finishAsked && state != State.ENDED) {
                link.fail(future, refused("it is finished"));
                return;
            }
            read.run();
            if (input.cost() < opening.limit / 2) {
                resume();
            }
        });
    }

    private void writing(TrackedFuture<Void> future, Runnable write) {
        if (procedure.stream() == StreamDirection.RECEIVES) {
            link.fail(future, refused("nothing can be sent in it"));
            return;
        }
        link.onLoop(() -> {
            if (failure != null) {
                link.fail(future, failure);
            } else if (finishAsked) {
                link.fail(future, refused("it is finished"));
            } else {
                write.run();
            }
        });
    }

    private void finish(TrackedFuture<Void> future) {
        if (state == State.ENDED) {
            complete(future, failure);
        } else if (state == State.ABORTING) {
            link.fail(future, aborted());
        } else if (procedure.stream() == StreamDirection.RECEIVES && !input.isReadToEnd()) {
            link.fail(future, refused("it was not read to its end, and can only be aborted"));
        } else {
            finishing.add(future);
            if (!finishAsked) {
                finishAsked = true;
                output.afterAll(this::sendFinish);
            }
        }
    }

    private void sendFinish() {
        state = State.FINISHING;
        input.end(refused("it is finished"), true);
        resume();
        output.sendNow(packets.finish());
    }

    private void abort(TrackedFuture<Void> future) {
        if (state == State.ENDED) {
            complete(future, null);
            return;
        }
        aborting.add(future);
        if (state == State.OPEN || state == State.FINISHING) {
            sendAbort();
        }
    }

    private void sendAbort() {
        state = State.ABORTING;
        failPending(aborted(), true);
        resume();
        output.sendNow(packets.abort());
    }

    /** The server has to be able to confirm an end. */
    private void resume() {
        if (paused) {
            paused = false;
            link.pauseReading(false);
        }
    }

    private void failPending(Throwable cause, boolean drop) {
        failure = cause;
        input.end(cause, drop);
        output.end(cause);
        finishing.forEach(future -> link.fail(future, cause));
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

    /** The reply to the call has come. */
    void opened() {
        if (state == State.OPENING) {
            state = State.OPEN;
            if (!aborting.isEmpty()) {
                sendAbort();
            }
        }
    }

    boolean isOf(int program, int number) {
        return procedure.program() == program && procedure.number() == number;
    }

    boolean awaitsServer() {
        return state == State.FINISHING || state == State.ABORTING || output.isBusy();
    }

    void linkEnded() {
        end(link.ended(name + ": "));
    }

    void receive(MessageHeader header, ByteBuf body) {
        boolean hole = header.type() == MessageType.STREAM_HOLE;
        if (header.status() == MessageStatus.CONTINUE) {
            StreamPiece piece = hole ? hole(body) : data(body);
            if (isOpen()) {
                offer(piece);
            }
        } else if (hole) {
            throw broken("a hole has status %d, which no hole has".formatted(header.status()));
        } else if (header.status() == MessageStatus.ERROR) {
            XdrReader in = new XdrReader(body);
            RemoteException.Details details = RemoteErrorReader.read(in);
            in.expectEnd("the error of " + name);
            end(RemoteException.of(link.host(), procedure.name(), header.serial(), details));
        } else if (header.status() == MessageStatus.OK) {
            if (isOpen()) {
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
        if (!opening.sparse) {
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
        boolean full = input.cost() > 0 && input.cost() + StreamInput.costOf(piece) > opening.limit;
        if (full && !opening.alone) {
            // The server's confirmation finds no stream any more, and is dropped like the packets before it.
            output.sendNow(packets.abort());
            end(new StreamOverflowException(name, opening.limit));
            return;
        }
        if (full && !paused) {
            paused = true;
            link.pauseReading(true);
        }
        input.offer(piece);
    }

    private boolean isOpen() {
        return state == State.OPENING || state == State.OPEN;
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

    private void complete(TrackedFuture<Void> future, @Nullable Throwable cause) {
        if (cause != null) {
            link.fail(future, cause);
        } else {
            link.succeed(future);
        }
    }
}
