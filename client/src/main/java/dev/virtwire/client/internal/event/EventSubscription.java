// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.event;

import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.EventsLostException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.event.EventGap;
import dev.virtwire.client.event.GapSubscriber;
import dev.virtwire.client.internal.async.SerialExecutor;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One subscriber's events between the event loop, which brings them, and the subscriber, which asks for them. It begins
 * when the server has made each of its registrations; what comes from some of them before that is held, so that all is
 * delivered in the order in which it came.
 *
 * <p>The buffer is bounded; after an overflow nothing more goes into it, what comes is counted, and when the subscriber
 * has taken the rest the subscription ends with an {@link EventsLostException}.
 *
 * @param <E> the events
 */
final class EventSubscription<E> implements Flow.Subscription {
    /** A connection that was lost, and with it perhaps events. */
    record Loss(Instant when, LibvirtException cause) {}

    /** An event, or a gap between events. */
    private record Delivery<E>(@Nullable E event, @Nullable EventGap gap) {}

    private record Held<E>(long number, E event) {}

    private final String name;
    private final Flow.Subscriber<? super E> subscriber;
    private final int limit;
    private final Executor serial;
    private final Consumer<EventSubscription<E>> onEnd;
    private final AtomicInteger buffered = new AtomicInteger();

    /** How many came and were not kept; grows on the event loop. */
    private final AtomicLong lost = new AtomicLong();

    // On the event loop.
    private final List<Registration<?>> registrations = new ArrayList<>();
    private final List<Held<E>> held = new ArrayList<>();
    private long missed;
    private String missedWhy;
    private boolean stands;

    /** Whether its subscriber knows of it. */
    private boolean started;

    /** Since when and why events may be missing; null while none may. */
    private @Nullable Loss loss;

    // On the serial executor.
    private final Queue<Delivery<E>> buffer = new ArrayDeque<>();
    private long demand;
    /** Why events were lost; null while none were. */
    private @Nullable String lostWhy;

    private volatile boolean ended;
    private @Nullable LibvirtException failure;
    private boolean completed;

    /**
     * A subscription that has no registration yet.
     *
     * @param name what it is, for messages
     * @param limit how many events are kept for a subscriber that is slow
     * @param onEnd told, once, that no more events are wanted
     */
    EventSubscription(
            String name,
            Flow.Subscriber<? super E> subscriber,
            int limit,
            Executor subscribers,
            Consumer<EventSubscription<E>> onEnd) {
        this.name = name;
        this.subscriber = subscriber;
        this.limit = limit;
        this.missedWhy = slow();
        this.serial = new SerialExecutor(subscribers);
        this.onEnd = onEnd;
    }

    // ---- what the hub does, on the event loop

    /** It needs this registration to stand. */
    void needs(Registration<?> registration) {
        registrations.add(registration);
    }

    /** What it needs. */
    List<Registration<?>> registrations() {
        return registrations;
    }

    /** How many events came and were not kept so far; on any thread. */
    long lost() {
        return lost.get();
    }

    /** Whether the subscriber can be told of a gap, so that the subscription outlives a connection. */
    boolean outlivesConnections() {
        return subscriber instanceof GapSubscriber;
    }

    /** An event came, the {@code number}th of all. */
    void take(long number, E event) {
        if (stands) {
            offer(event);
        } else if (held.size() < limit) {
            held.add(new Held<>(number, event));
        } else {
            miss(1, slow());
        }
    }

    /** Events of it came that nobody could keep or read. */
    void miss(long count, String why) {
        if (stands) {
            skip(count, why);
        } else if (count > 0) {
            missedWhy = missed == 0 ? why : missedWhy;
            missed += count;
        }
    }

    /** Why events are missing if more came than are kept. */
    String slow() {
        return "the subscriber left " + limit + " waiting";
    }

    /** One of its registrations stands: if that was the last, it begins or resumes. */
    void advance() {
        if (stands || !registrations.stream().allMatch(one -> one.state == Registration.State.STANDS)) {
            return;
        }
        stands = true;
        if (!started) {
            started = true;
            serial.execute(this::start);
        }
        if (loss != null) {
            deliver(new Delivery<>(null, new EventGap(loss.when(), Instant.now(), loss.cause())));
            loss = null;
        }
        held.sort(Comparator.comparingLong(Held::number));
        held.forEach(early -> offer(early.event()));
        held.clear();
        if (missed > 0) {
            skip(missed, missedWhy);
            missed = 0;
        }
    }

    /** Its connection is lost, and the next one is waited for; the first of several losses is when the gap began. */
    void lose(Loss newLoss) {
        held.clear();
        missed = 0;
        stands = false;
        if (started && loss == null) {
            loss = newLoss;
        }
    }

    /** No event comes any more; what is in the buffer is still delivered. */
    void fail(Throwable cause) {
        finish(() -> {
            if (failure == null) {
                failure = cause instanceof LibvirtException ours
                        ? ours
                        : new ConnectionLostException(String.valueOf(cause.getMessage()), cause);
            }
        });
    }

    /** As {@link #fail}, by this side's own wish. */
    void complete() {
        finish(() -> completed = true);
    }

    private void finish(Runnable how) {
        boolean known = started;
        serial.execute(() -> {
            if (!known) {
                subscriber.onSubscribe(this);
            }
            how.run();
            drain();
        });
    }

    private void offer(E event) {
        if (lost.get() > 0 || buffered.incrementAndGet() > limit) {
            skip(1, slow());
        } else {
            deliver(new Delivery<>(event, null));
        }
    }

    private void deliver(Delivery<E> next) {
        serial.execute(() -> {
            buffer.add(next);
            drain();
        });
    }

    /** So many events are not kept: the subscription ends when the buffer is empty. */
    private void skip(long count, String why) {
        if (count > 0 && lost.getAndAdd(count) == 0) {
            serial.execute(() -> {
                lostWhy = why;
                drain();
            });
        }
    }

    // ---- what the subscriber does

    @Override
    public void request(long count) {
        serial.execute(() -> {
            if (ended) {
                return;
            }
            if (count <= 0) {
                end();
                subscriber.onError(new IllegalArgumentException(
                        name + ": request(" + count + "), and only a positive number may be asked for"));
                return;
            }
            demand = demand + count < 0 ? Long.MAX_VALUE : demand + count;
            drain();
        });
    }

    @Override
    public void cancel() {
        // Seen at once by a delivery that is under way; the rest is done in its turn.
        boolean before = ended;
        ended = true;
        if (!before) {
            serial.execute(this::end);
        }
    }

    // ---- on the serial executor

    private void start() {
        try {
            subscriber.onSubscribe(this);
        } catch (RuntimeException | Error e) {
            end();
            throw e;
        }
    }

    private void drain() {
        Delivery<E> next;
        while (!ended && (next = buffer.peek()) != null && (demand > 0 || next.gap() != null)) {
            buffer.remove();
            try {
                hand(next);
            } catch (RuntimeException | Error e) {
                end();
                throw e;
            }
        }
        LibvirtException cause = lostWhy == null ? failure : new EventsLostException(name, lost.get(), lostWhy);
        if (!ended && buffer.isEmpty() && cause != null) {
            end();
            subscriber.onError(cause);
        } else if (!ended && buffer.isEmpty() && completed) {
            end();
            subscriber.onComplete();
        }
    }

    private void hand(Delivery<E> next) {
        EventGap gap = next.gap();
        E event = next.event();
        if (gap != null && subscriber instanceof GapSubscriber<? super E> told) {
            told.onGap(gap);
        } else if (event != null) {
            buffered.decrementAndGet();
            demand--;
            subscriber.onNext(event);
        }
    }

    private void end() {
        ended = true;
        buffer.clear();
        onEnd.accept(this);
    }
}
