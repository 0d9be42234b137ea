// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.internal.async.TrackedFuture;
import dev.virtwire.client.internal.stream.StreamOpening;
import dev.virtwire.client.internal.wire.FrameDecoder;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.message.MessageHeader;
import dev.virtwire.protocol.message.MessageStatus;
import dev.virtwire.protocol.message.MessageType;
import dev.virtwire.xdr.XdrException;
import dev.virtwire.xdr.XdrWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One call, which is the future of its result. It tells its session if its caller gives up, and lets a thread that
 * waits in {@code join()} or {@code get()} complete it: the event loop wakes that thread and no other, which saves a
 * blocking caller the way over the callback executor.
 *
 * @param <A> the arguments
 * @param <R> the result
 */
final class Call<A, R> extends TrackedFuture<R> {
    /** Whose turn it is when a slot is free, in this order. */
    enum Lane {
        /** A call that this client makes for itself, of one connection only; it completes on the event loop. */
        INSIDE,
        /** It may use one slot more than the others: an abort must not wait for what it is to abort. */
        URGENT,
        USUAL
    }

    /** A completion on its way to a waiting thread. (A thread is a {@link Runnable} too, hence a type of its own.) */
    private record HandedOver(Runnable completion) {}

    /** An initial guess that holds most calls; XML makes it grow. */
    private static final int USUAL_BYTES = 256;

    final Procedure<A, R> procedure;
    final Lane lane;
    final Duration deadline;
    final long deadlineNanos;

    /** Undoes what a result has left behind that came after its caller had gone; null if nothing is left behind. */
    final @Nullable Consumer<R> undo;

    /** What it opens beside its result; null if that is nothing. */
    final @Nullable StreamOpening opening;

    /** Whether the caller has gone: deadline passed, or given up. A call that was sent still keeps its slot. */
    boolean abandoned;

    // What the meter notes; on the event loop.
    boolean reported;
    long sentNanos;
    int sentBytes;
    int receivedBytes;

    private final Session session;
    private final A arguments;

    /** Null, the waiting {@link Thread}, or what was {@link HandedOver} to it. */
    private final AtomicReference<@Nullable Object> waiter = new AtomicReference<>();

    Call(
            Session session,
            Lane lane,
            Procedure<A, R> procedure,
            A arguments,
            Duration deadline,
            @Nullable Consumer<R> undo,
            @Nullable StreamOpening opening) {
        super(session.callbacks());
        this.session = session;
        this.lane = lane;
        this.procedure = procedure;
        this.arguments = arguments;
        this.deadline = deadline;
        this.deadlineNanos = System.nanoTime() + deadline.toNanos();
        this.undo = undo;
        this.opening = opening;
    }

    /**
     * The frame: length, header, arguments.
     *
     * @throws XdrException if an argument breaks a bound of the protocol
     */
    ByteBuf frame(ByteBufAllocator allocator, int serial) {
        ByteBuf frame = allocator.buffer(USUAL_BYTES);
        boolean complete = false;
        try {
            frame.writeInt(0);
            new MessageHeader(
                            procedure.program(),
                            procedure.version(),
                            procedure.number(),
                            MessageType.CALL,
                            serial,
                            MessageStatus.OK)
                    .write(frame);
            procedure.arguments().encode(new XdrWriter(frame), arguments);
            if (frame.readableBytes() > FrameDecoder.MOST_BYTES) {
                throw new XdrException(
                        procedure.name(),
                        "its arguments take %d bytes, more than the %d of a message"
                                .formatted(frame.readableBytes(), FrameDecoder.MOST_BYTES));
            }
            frame.setInt(frame.readerIndex(), frame.readableBytes());
            complete = true;
            return frame;
        } finally {
            if (!complete) {
                frame.release();
            }
        }
    }

    @Override
    protected void givenUp() {
        session.giveUp(this);
    }

    /** Gives the completion to a waiting thread; false if none waits. */
    boolean handOver(Runnable completion) {
        Object current = waiter.get();
        if (current instanceof Thread thread && waiter.compareAndSet(thread, new HandedOver(completion))) {
            LockSupport.unpark(thread);
            return true;
        }
        return false;
    }

    @Override
    protected void awaitHandOver(CompletableFuture<?> target) {
        Thread me = Thread.currentThread();
        if (isDone() || !waiter.compareAndSet(null, me)) {
            return;
        }
        // Something else may complete the target: a cancel, or the callback executor a moment before.
        target.whenComplete((value, failure) -> LockSupport.unpark(me));
        while (true) {
            if (waiter.get() instanceof HandedOver handedOver) {
                handedOver.completion().run();
                return;
            }
            if ((target.isDone() || me.isInterrupted()) && waiter.compareAndSet(me, null)) {
                return;
            }
            LockSupport.park(this);
        }
    }
}
