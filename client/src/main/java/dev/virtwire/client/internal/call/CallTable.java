// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.CallRefusedException;
import dev.virtwire.client.CallTimeoutException;
import dev.virtwire.client.LibvirtException;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every call of a connection that is not settled: those the server works on, by serial number, and those that wait for a
 * slot. A call leaves by {@link #settle} alone: reply, deadline, cancel, close and decode failure all end there. Used on
 * the event loop only.
 *
 * <p>A call whose caller has gone keeps its slot until the server has answered: the server counts it too, and stops
 * reading the connection when it has too many.
 */
final class CallTable {
    private static final Logger LOG = LoggerFactory.getLogger(CallTable.class);

    /** Sends a call under a serial number; throws where the call cannot be sent as it is. */
    @FunctionalInterface
    interface Sender {
        void send(Call<?, ?> call, int serial);
    }

    /** How a call ended. */
    private record Outcome<R>(@Nullable R result, @Nullable Throwable failure) {}

    private final String host;
    private final int maxInFlight;
    private final int maxWaiting;
    private final Sender sender;
    private final Callbacks callbacks;
    private final Consumer<Runnable> onUndone;
    private final IntObjectMap<Call<?, ?>> inFlight = new IntObjectHashMap<>();
    private final Deque<Call<?, ?>> waiting = new ArrayDeque<>();
    private final Deque<Call<?, ?>> waitingUrgently = new ArrayDeque<>();
    private int lastSerial;
    private int undoing;

    CallTable(
            String host,
            int maxInFlight,
            int maxWaiting,
            Sender sender,
            Callbacks callbacks,
            Consumer<Runnable> onUndone) {
        this.host = host;
        this.maxInFlight = maxInFlight;
        this.maxWaiting = maxWaiting;
        this.sender = sender;
        this.callbacks = callbacks;
        this.onUndone = onUndone;
    }

    /** Sends a call, or keeps it until a slot is free. */
    void submit(Call<?, ?> call) {
        boolean urgent = call.procedure.urgent();
        Deque<Call<?, ?>> queue = urgent ? waitingUrgently : waiting;
        if (inFlight.size() >= maxInFlight + (urgent ? 1 : 0) && queue.size() >= maxWaiting) {
            refuse(call, "%d calls wait for a free slot already".formatted(queue.size()), null);
            return;
        }
        queue.add(call);
        sendWaiting();
    }

    /** Calls that the server works on. */
    int inFlight() {
        return inFlight.size();
    }

    /** Whether a call that came too late is being undone. */
    boolean isUndoing() {
        return undoing > 0;
    }

    /** Whether nothing is under way, waiting, or being undone. */
    boolean isEmpty() {
        return inFlight.isEmpty() && waiting.isEmpty() && waitingUrgently.isEmpty() && undoing == 0;
    }

    /** The call with this serial number, or null. */
    @Nullable
    Call<?, ?> find(int serial) {
        return inFlight.get(serial);
    }

    /** Ends a call with its result. */
    <R> void succeed(int serial, Call<?, R> call, R result) {
        settle(serial, call, new Outcome<>(result, null));
    }

    /** Ends a call with an error. */
    <R> void fail(int serial, Call<?, R> call, LibvirtException failure) {
        settle(serial, call, new Outcome<>(null, failure));
    }

    /** The caller no longer waits. */
    void abandon(Call<?, ?> call) {
        if (waiting.remove(call) || waitingUrgently.remove(call)) {
            return;
        }
        call.abandoned = true;
    }

    /**
     * Ends all calls whose deadline has passed.
     *
     * @return nanoseconds until the next deadline, or −1 where there is none
     */
    long expire(long now) {
        // Collected first: a completion may run user code here, which may make calls.
        List<Call<?, ?>> neverSent = new ArrayList<>();
        List<Call<?, ?>> unanswered = new ArrayList<>();
        long next = Long.MAX_VALUE;
        for (Deque<Call<?, ?>> queue : List.of(waitingUrgently, waiting)) {
            for (Iterator<Call<?, ?>> calls = queue.iterator(); calls.hasNext(); ) {
                Call<?, ?> call = calls.next();
                if (call.deadlineNanos - now <= 0) {
                    calls.remove();
                    neverSent.add(call);
                } else {
                    next = Math.min(next, call.deadlineNanos - now);
                }
            }
        }
        for (Call<?, ?> call : inFlight.values()) {
            if (call.abandoned) {
                continue;
            }
            if (call.deadlineNanos - now <= 0) {
                call.abandoned = true;
                unanswered.add(call);
            } else {
                next = Math.min(next, call.deadlineNanos - now);
            }
        }
        String held = "it was never sent, since the calls before it held all %d slots".formatted(maxInFlight);
        neverSent.forEach(call -> timeOut(call, held));
        unanswered.forEach(call -> timeOut(call, "the server may still be at work on it"));
        return next == Long.MAX_VALUE ? -1 : next;
    }

    /** Ends all calls. */
    void failAll(Function<Call<?, ?>, LibvirtException> failure) {
        List<Call<?, ?>> calls = new ArrayList<>(inFlight.values());
        calls.addAll(waitingUrgently);
        calls.addAll(waiting);
        inFlight.clear();
        waitingUrgently.clear();
        waiting.clear();
        calls.forEach(call -> complete(call, new Outcome<>(null, failure.apply(call))));
    }

    /** Takes out what no server has seen; none of it is pending here any more. */
    List<Call<?, ?>> takeUnsent() {
        List<Call<?, ?>> unsent = new ArrayList<>(waitingUrgently);
        unsent.addAll(waiting);
        waitingUrgently.clear();
        waiting.clear();
        return unsent;
    }

    private void sendWaiting() {
        Call<?, ?> call;
        while ((call = next()) != null) {
            int serial = ++lastSerial;
            inFlight.put(serial, call);
            try {
                sender.send(call, serial);
            } catch (RuntimeException | Error e) {
                // Whatever it was: a call that nobody will answer must not keep a slot.
                inFlight.remove(serial);
                refuse(call, String.valueOf(e.getMessage()), e);
            }
        }
    }

    private @Nullable Call<?, ?> next() {
        // One slot beyond the limit is kept for urgent calls: an abort must not wait for what it is to abort.
        if (inFlight.size() <= maxInFlight) {
            Call<?, ?> urgent = nextWanted(waitingUrgently);
            if (urgent != null) {
                return urgent;
            }
        }
        return inFlight.size() < maxInFlight ? nextWanted(waiting) : null;
    }

    /** A call may have been cancelled a moment ago, with the word of it still on its way to this event loop. */
    private static @Nullable Call<?, ?> nextWanted(Deque<Call<?, ?>> queue) {
        Call<?, ?> call = queue.poll();
        while (call != null && call.future.isDone()) {
            call = queue.poll();
        }
        return call;
    }

    private <R> void settle(int serial, Call<?, R> call, Outcome<R> outcome) {
        inFlight.remove(serial);
        complete(call, outcome);
        sendWaiting();
    }

    private void refuse(Call<?, ?> call, String why, @Nullable Throwable cause) {
        complete(
                call,
                new Outcome<>(
                        null,
                        new CallRefusedException(
                                "%s on %s was not sent: %s".formatted(call.procedure.name(), host, why), cause)));
    }

    private void timeOut(Call<?, ?> call, String consequence) {
        complete(
                call,
                new Outcome<>(
                        null,
                        new CallTimeoutException("%s on %s: no result within its deadline of %s; %s"
                                .formatted(call.procedure.name(), host, call.deadline, consequence))));
    }

    private <R> void complete(Call<?, R> call, Outcome<?> untyped) {
        @SuppressWarnings("unchecked") // A failure has no result, and settle() pairs results with their calls.
        Outcome<R> outcome = (Outcome<R>) untyped;
        boolean mayUndo = outcome.failure() == null && call.undo != null;
        if (mayUndo) {
            // From now until the undoing call has been submitted the table is not idle: a close waits for it.
            undoing++;
        }
        Runnable completion = () -> {
            try {
                Throwable failure = outcome.failure();
                if (failure != null) {
                    call.future.completeExceptionally(failure);
                } else {
                    deliver(call, outcome.result());
                }
            } finally {
                if (mayUndo) {
                    onUndone.accept(() -> undoing--);
                }
            }
        };
        if (call.future.handOver(completion)) {
            return;
        }
        callbacks.run(completion);
    }

    @SuppressWarnings("NullAway") // The result of a procedure without one is null, and so is Void's only value.
    private static <R> void deliver(Call<?, R> call, @Nullable R result) {
        if (!call.future.complete(result) && call.undo != null) {
            LOG.debug("{} succeeded after its caller had gone; undoing it", call.procedure.name());
            call.undo.accept(result);
        }
    }
}
