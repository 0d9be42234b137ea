// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.event;

import dev.virtwire.client.EventsLostException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.event.EventGap;
import dev.virtwire.client.event.GapSubscriber;
import dev.virtwire.client.internal.async.SerialExecutor;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One subscriber's events between the event loop, which offers them, and the subscriber, which asks for them. The buffer
 * is bounded; after an overflow nothing more goes into it, what comes is counted, and when the subscriber has taken the rest the
 * subscription ends with an {@link EventsLostException}.
 *
 * <p>{@link #offer} and {@link #lose} run on the event loop; everything else, in order, on an executor of its own.
 *
 * @param <E> the events
 */
final class EventSubscription<E> implements Flow.Subscription {
    /** An event, or a gap between events. */
    private record Delivery<E>(@Nullable E event, @Nullable EventGap gap) {}

    private final String name;
    private final Flow.Subscriber<? super E> subscriber;
    private final int limit;
    private final Executor serial;
    private final Consumer<EventSubscription<E>> onEnd;
    private final AtomicInteger buffered = new AtomicInteger();

    /** How many came and were not kept; grows on the event loop. */
    private final AtomicLong lost = new AtomicLong();

    // On the serial executor.
    private final Queue<Delivery<E>> buffer = new ArrayDeque<>();
    private long demand;
    private boolean overflown;
    private volatile boolean ended;
    private @Nullable LibvirtException failure;

    /**
     * A subscription that has delivered nothing yet.
     *
     * @param name what it is, for messages
     * @param onEnd told, once, that no more events are wanted
     */
    EventSubscription(
            String name,
            Flow.Subscriber<? super E> subscriber,
            int limit,
            Executor callbacks,
            Consumer<EventSubscription<E>> onEnd) {
        this.name = name;
        this.subscriber = subscriber;
        this.limit = limit;
        this.serial = new SerialExecutor(callbacks);
        this.onEnd = onEnd;
    }

    /** The server has registered the subscription. */
    void start() {
        serial.execute(() -> {
            try {
                subscriber.onSubscribe(this);
            } catch (RuntimeException | Error e) {
                end();
                throw e;
            }
        });
    }

    /** The server has refused the subscription. */
    void refuse(Throwable cause) {
        serial.execute(() -> {
            subscriber.onSubscribe(this);
            if (!ended) {
                ended = true;
                subscriber.onError(cause);
            }
        });
    }

    /** Takes an event, on the event loop. */
    void offer(E event) {
        if (lost.get() > 0 || buffered.incrementAndGet() > limit) {
            skip(1);
            return;
        }
        serial.execute(() -> {
            buffer.add(new Delivery<>(event, null));
            drain();
        });
    }

    /** Whether the subscriber can be told of a gap, and so outlives a connection. */
    boolean outlivesConnections() {
        return subscriber instanceof GapSubscriber;
    }

    /** Whether no more events are wanted. */
    boolean isEnded() {
        return ended;
    }

    /** Events may be missing here, on the event loop. */
    void tell(EventGap gap) {
        serial.execute(() -> {
            buffer.add(new Delivery<>(null, gap));
            drain();
        });
    }

    /** So many events came that nobody kept, on the event loop: the subscription ends when the buffer is empty. */
    void skip(long count) {
        if (lost.getAndAdd(count) == 0) {
            serial.execute(() -> {
                overflown = true;
                drain();
            });
        }
    }

    /** No event comes any more; what is in the buffer is still delivered. On the event loop. */
    void lose(LibvirtException cause) {
        serial.execute(() -> {
            if (failure == null) {
                failure = cause;
            }
            drain();
        });
    }

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

    private void drain() {
        Delivery<E> next;
        while (!ended && (next = buffer.peek()) != null && (demand > 0 || next.gap() != null)) {
            buffer.remove();
            try {
                deliver(next);
            } catch (RuntimeException | Error e) {
                end();
                throw e;
            }
        }
        LibvirtException cause = overflown ? new EventsLostException(name, lost.get(), limit) : failure;
        if (!ended && buffer.isEmpty() && cause != null) {
            end();
            subscriber.onError(cause);
        }
    }

    private void deliver(Delivery<E> next) {
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
