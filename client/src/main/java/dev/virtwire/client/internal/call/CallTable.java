// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.CallRefusedException;
import dev.virtwire.client.CallTimeoutException;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.internal.async.LoopThread;
import dev.virtwire.client.internal.call.Call.Lane;
import io.netty.channel.EventLoop;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every call of a session that is not settled: those the server works on, by serial number, and those that wait for a
 * slot or for a connection. A call leaves by {@link #complete} alone: reply, deadline, close and decode failure all end
 * there. Used on the event loop only.
 *
 * <p>A call whose caller has gone keeps its slot until the server has answered: the server counts it too, and stops
 * reading the connection when it has too many.
 */
final class CallTable {
    private static final Logger LOG = LoggerFactory.getLogger(CallTable.class);

    /** What the table needs of its session. */
    interface Owner {
        /** Sends a call under a serial number; throws if the call cannot be sent as it is. */
        void send(Call<?, ?> call, int serial);

        /** Nothing is under way, waiting or being undone any more. */
        void idle();

        /** No call can be sent any more: those that were given up hold all slots, and the server does not answer. */
        void stuck(String why);
    }

    /** How a call ended, and what tells its caller so. */
    record Outcome<R>(
            Call<?, R> call, @Nullable R result, @Nullable Throwable failure) implements Runnable {
        @Override
        @SuppressWarnings("NullAway") // The result of a procedure without one is null, and so is Void's only value.
        public void run() {
            if (failure != null) {
                call.fail(failure);
            } else if (!call.succeed(result) && call.undo != null) {
                LOG.debug("{} succeeded after its caller had gone; undoing it", call.procedure.name());
                call.undo.accept(result);
            }
        }

        private boolean mayUndo() {
            return failure == null && call.undo != null;
        }
    }

    /** Which calls can be sent. */
    enum Line {
        /** None: there is no connection. */
        NONE,
        /** Those that make the connection. */
        GREETING,
        OPEN
    }

    private final String host;
    private final int maxInFlight;
    private final int maxQueued;
    private final long patience;
    private final EventLoop loop;
    private final Callbacks callbacks;
    private final Meter meter;
    private final Owner owner;
    private final IntObjectMap<Call<?, ?>> inFlight = new IntObjectHashMap<>();
    private final Map<Lane, Deque<Call<?, ?>>> waiting = new EnumMap<>(Lane.class);
    private Line line = Line.NONE;
    private int lastSerial;
    private int undoing;

    /** When calls that were given up came to hold all slots; null if they do not. */
    private @Nullable Long heldSince;

    /** When {@link #expire} runs next, and what runs it; null if no call waits for anything. */
    private @Nullable Future<?> expiry;

    private long expiryDue;

    CallTable(String host, ConnectOptions options, EventLoop loop, Callbacks callbacks, Meter meter, Owner owner) {
        this.host = host;
        this.maxInFlight = options.maxInFlight();
        this.maxQueued = options.maxQueued();
        this.patience = 2 * options.callTimeout().toNanos();
        this.loop = loop;
        this.callbacks = callbacks;
        this.meter = meter;
        this.owner = owner;
    }

    /** Which calls can be sent from now on. */
    void lineIs(Line now) {
        LoopThread.check(loop);
        line = now;
        sendWaiting();
        count();
    }

    /** Sends a call, or keeps it until it can be sent. */
    void submit(Call<?, ?> call) {
        LoopThread.check(loop);
        Deque<Call<?, ?>> queue = queue(call.lane);
        if (queue.size() >= maxQueued && call.lane != Lane.INSIDE && !maySend(call.lane)) {
            String what = line == Line.OPEN ? "a free slot" : "the connection to be made again";
            refuse(call, "%d calls wait for %s already".formatted(queue.size(), what), null);
            return;
        }
        queue.add(call);
        expireBy(call.deadlineNanos);
        sendWaiting();
        count();
    }

    /** Calls that the server works on. */
    int inFlight() {
        return inFlight.size();
    }

    /** Something is being undone that is not a call yet; until {@link #release} the table is not idle. */
    void hold() {
        LoopThread.check(loop);
        undoing++;
    }

    /** The end of a {@link #hold}. */
    void release() {
        LoopThread.check(loop);
        undoing--;
        tellIfIdle();
    }

    /** Whether something that came too late is being undone. */
    boolean isUndoing() {
        return undoing > 0;
    }

    /** The call with this serial number, or null. */
    @Nullable
    Call<?, ?> find(int serial) {
        LoopThread.check(loop);
        return inFlight.get(serial);
    }

    /** Ends a call that was sent with its result. */
    <R> void succeed(int serial, Call<?, R> call, R result) {
        settle(serial, new Outcome<>(call, result, null));
    }

    /** Ends a call that was sent with an error. */
    void fail(int serial, Call<?, ?> call, LibvirtException failure) {
        settle(serial, new Outcome<>(call, null, failure));
    }

    /** The caller no longer waits. */
    void abandon(Call<?, ?> call) {
        LoopThread.check(loop);
        if (!queue(call.lane).remove(call)) {
            call.abandoned = true;
            watchSlots();
        }
        meter.givenUp(call);
        count();
        tellIfIdle();
    }

    /** Ends what the connection that is gone was to do: what was sent, and this client's own calls. */
    void connectionLost(Function<Call<?, ?>, LibvirtException> failure) {
        LoopThread.check(loop);
        line = Line.NONE;
        heldSince = null;
        List<Call<?, ?>> calls = new ArrayList<>(inFlight.values());
        inFlight.clear();
        calls.addAll(takeWaiting(Lane.INSIDE));
        calls.forEach(call -> complete(new Outcome<>(call, null, failure.apply(call))));
        count();
    }

    /** Ends all calls, for good. */
    void failAll(Function<Call<?, ?>, LibvirtException> failure) {
        connectionLost(failure);
        if (expiry != null) {
            expiry.cancel(false);
        }
        List<Call<?, ?>> calls = takeWaiting(Lane.URGENT);
        calls.addAll(takeWaiting(Lane.USUAL));
        calls.forEach(call -> complete(new Outcome<>(call, null, failure.apply(call))));
        count();
    }

    private List<Call<?, ?>> takeWaiting(Lane lane) {
        List<Call<?, ?>> calls = new ArrayList<>(queue(lane));
        queue(lane).clear();
        return calls;
    }

    private Deque<Call<?, ?>> queue(Lane lane) {
        return waiting.computeIfAbsent(lane, first -> new ArrayDeque<>());
    }

    // ---- sending

    private void sendWaiting() {
        Call<?, ?> call;
        while ((call = next()) != null) {
            int serial = ++lastSerial;
            inFlight.put(serial, call);
            try {
                owner.send(call, serial);
            } catch (RuntimeException | Error e) {
                // Whatever it was: a call that nobody will answer must not keep a slot.
                inFlight.remove(serial);
                refuse(call, String.valueOf(e.getMessage()), e);
            }
        }
    }

    private @Nullable Call<?, ?> next() {
        for (Map.Entry<Lane, Deque<Call<?, ?>>> lane : waiting.entrySet()) {
            Deque<Call<?, ?>> queue = lane.getValue();
            while (!queue.isEmpty() && maySend(lane.getKey())) {
                Call<?, ?> call = queue.remove();
                // It may have been given up a moment ago, with the word of that still on its way here.
                if (!call.isDone()) {
                    return call;
                }
            }
        }
        return null;
    }

    private boolean maySend(Lane lane) {
        return switch (line) {
            case NONE -> false;
            case GREETING -> lane == Lane.INSIDE && inFlight.size() < maxInFlight;
            case OPEN -> inFlight.size() < maxInFlight + (lane == Lane.URGENT ? 1 : 0);
        };
    }

    // ---- time

    private void expireBy(long due) {
        if (expiry != null && due - expiryDue >= 0) {
            return;
        }
        if (expiry != null) {
            expiry.cancel(false);
        }
        expiryDue = due;
        expiry = loop.schedule(this::expire, Math.max(0, due - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    /** Ends all calls whose deadline has passed. */
    private void expire() {
        expiry = null;
        long now = System.nanoTime();
        // Collected first: a completion may run user code here, which may make calls.
        List<Call<?, ?>> neverSent = new ArrayList<>();
        List<Call<?, ?>> unanswered = new ArrayList<>();
        for (Deque<Call<?, ?>> queue : waiting.values()) {
            for (Iterator<Call<?, ?>> calls = queue.iterator(); calls.hasNext(); ) {
                Call<?, ?> call = calls.next();
                if (isExpired(call, now)) {
                    calls.remove();
                    neverSent.add(call);
                }
            }
        }
        for (Call<?, ?> call : inFlight.values()) {
            if (!call.abandoned && isExpired(call, now)) {
                call.abandoned = true;
                unanswered.add(call);
            }
        }
        watchSlots();
        count();
        String held = line == Line.OPEN
                ? "it was never sent, since the calls before it held all %d slots".formatted(maxInFlight)
                : "it was never sent, since the connection was lost and is being made again";
        neverSent.forEach(call -> timeOut(call, held));
        unanswered.forEach(call -> timeOut(call, "the server may still be at work on it"));
        if (heldSince != null && now - heldSince >= patience) {
            owner.stuck("calls that were given up have held all %d slots for %s, and the server answers none of them"
                    .formatted(maxInFlight, Duration.ofNanos(patience)));
        }
        tellIfIdle();
    }

    /** Whether its time has passed; if not, that is looked at again. */
    private boolean isExpired(Call<?, ?> call, long now) {
        if (call.deadlineNanos - now <= 0) {
            return true;
        }
        expireBy(call.deadlineNanos);
        return false;
    }

    /** Notes since when nothing can be sent because of calls that nobody waits for. */
    private void watchSlots() {
        long abandoned =
                inFlight.values().stream().filter(call -> call.abandoned).count();
        if (abandoned < maxInFlight) {
            heldSince = null;
            return;
        }
        if (heldSince == null) {
            heldSince = System.nanoTime();
        }
        expireBy(heldSince + patience);
    }

    // ---- the way out

    private void settle(int serial, Outcome<?> outcome) {
        LoopThread.check(loop);
        inFlight.remove(serial);
        heldSince = null;
        complete(outcome);
        sendWaiting();
        count();
        tellIfIdle();
    }

    private void refuse(Call<?, ?> call, String why, @Nullable Throwable cause) {
        complete(new Outcome<>(
                call,
                null,
                new CallRefusedException(
                        "%s on %s was not sent: %s".formatted(call.procedure.name(), host, why), cause)));
    }

    private void timeOut(Call<?, ?> call, String consequence) {
        complete(new Outcome<>(
                call,
                null,
                new CallTimeoutException("%s on %s: no result within its deadline of %s; %s"
                        .formatted(call.procedure.name(), host, call.deadline, consequence))));
    }

    private void complete(Outcome<?> outcome) {
        meter.ended(outcome.call(), outcome.failure());
        Runnable completion = outcome;
        if (outcome.mayUndo()) {
            // From now until the undoing call has been submitted the table is not idle: a close waits for it.
            hold();
            completion = () -> {
                try {
                    outcome.run();
                } finally {
                    LoopThread.execute(loop, this::release, () -> {});
                }
            };
        }
        Call<?, ?> call = outcome.call();
        if (call.lane == Lane.INSIDE) {
            completion.run();
        } else if (!call.handOver(completion)) {
            callbacks.run(completion);
        }
    }

    /** Tells the meter how many calls there are. */
    private void count() {
        if (meter.isOn()) {
            meter.load(
                    inFlight.size(),
                    waiting.values().stream().mapToInt(Deque::size).sum());
        }
    }

    /** Tells its session if nothing is under way, waiting, or being undone. */
    void tellIfIdle() {
        if (inFlight.isEmpty() && undoing == 0 && waiting.values().stream().allMatch(Deque::isEmpty)) {
            owner.idle();
        }
    }
}
