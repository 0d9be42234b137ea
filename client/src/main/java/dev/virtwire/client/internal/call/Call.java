// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.CallRefusedException;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.internal.stream.StreamOpening;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.StreamDirection;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One call on its way. Touched on the event loop only, but for its future.
 *
 * @param <A> the arguments
 * @param <R> the result
 */
final class Call<A, R> {
    /** Stands for "no deadline" without overflowing a count of nanoseconds. */
    private static final Duration LONGEST = Duration.ofDays(365 * 100L);

    final Procedure<A, R> procedure;
    final A arguments;
    final CallFuture<R> future;
    final Duration deadline;
    final long deadlineNanos;

    /** Undoes what a result has left behind that came after its caller had gone; null where nothing is left behind. */
    final @Nullable Consumer<R> undo;

    /** Whether the caller has gone: deadline passed, or cancelled. A call that was sent keeps its slot all the same. */
    boolean abandoned;

    Call(
            Procedure<A, R> procedure,
            A arguments,
            Duration deadline,
            @Nullable Consumer<R> undo,
            Callbacks callbacks,
            Consumer<Call<A, R>> onCancel) {
        this.procedure = procedure;
        this.arguments = arguments;
        this.deadline = deadline;
        Duration bounded = deadline.compareTo(LONGEST) > 0 ? LONGEST : deadline;
        this.deadlineNanos = System.nanoTime() + bounded.toNanos();
        this.undo = undo;
        this.future = new CallFuture<>(callbacks::checkMayWait, () -> onCancel.accept(this));
    }

    /** A call's own deadline, or the connection's for all. */
    static Duration deadline(CallOptions options, ConnectOptions connection) {
        Duration own = options.deadline();
        return own == null ? connection.callTimeout() : own;
    }

    /** Why a procedure cannot be called like this at all, or null. */
    static @Nullable CallRefusedException refusal(Procedure<?, ?> procedure, String host) {
        if (procedure.stream() != StreamDirection.NONE && !(procedure.result() instanceof StreamOpening)) {
            return notSent(procedure, host, "it opens a stream, and has to be called by open()");
        }
        return procedure.files()
                ? notSent(procedure, host, "it passes file descriptors, which this client cannot do")
                : null;
    }

    /** A call that was refused on this side. */
    static CallRefusedException notSent(Procedure<?, ?> procedure, String host, String why) {
        return new CallRefusedException("%s on %s was not sent: %s".formatted(procedure.name(), host, why));
    }
}
