// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.event;

import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.event.EventGap;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A subscription with the sources that it has events from. It stands when the server has registered each of them; what comes
 * from some of them before that is held, so that all is delivered in the order in which it came. On the event loop only.
 *
 * @param <E> the events
 */
final class Feed<E> {
    /** A connection that was lost, and with it perhaps events. */
    record Loss(Instant when, LibvirtException cause) {}

    /** One source of a feed, as the receiver of its messages. */
    static final class Inlet<B, E> {
        final Feed<E> feed;
        final EventSource<B, E> source;

        /** Whether the server has registered it. */
        boolean open;

        private Inlet(Feed<E> feed, EventSource<B, E> source) {
            this.feed = feed;
            this.source = source;
        }

        /**
         * Takes a message of the source's kind.
         *
         * @param number which one it was of all that came
         */
        @SuppressWarnings("unchecked")
        void take(long number, Object body) {
            feed.take(number, source.mapper().apply((B) body));
        }
    }

    private record Held<E>(long number, E event) {}

    final EventSubscription<E> subscription;
    final List<Inlet<?, E>> inlets = new ArrayList<>();
    private final int limit;
    private final List<Held<E>> held = new ArrayList<>();
    private long dropped;
    private boolean stands;

    /** Whether its subscriber knows of it. */
    private boolean started;

    /** Since when and why events may be missing; null while none may. */
    private @Nullable Loss loss;

    /** At most {@code limit} events are held. */
    Feed(EventSubscription<E> subscription, List<EventSource<?, E>> sources, int limit) {
        this.subscription = subscription;
        this.limit = limit;
        sources.forEach(source -> inlets.add(inlet(source)));
    }

    private <B> Inlet<B, E> inlet(EventSource<B, E> source) {
        return new Inlet<>(this, source);
    }

    private void take(long number, E event) {
        if (stands) {
            subscription.offer(event);
        } else if (held.size() < limit) {
            held.add(new Held<>(number, event));
        } else {
            dropped++;
        }
    }

    /** Events of it came that nobody could keep. */
    void drop(long count) {
        dropped += count;
    }

    /** Whether some of its sources were registered, and are known to the server. */
    boolean isOpen() {
        return inlets.stream().anyMatch(inlet -> inlet.open);
    }

    /** Its connection is lost; the first of several losses is when the gap began. */
    void lose(Loss newLoss) {
        inlets.forEach(inlet -> inlet.open = false);
        held.clear();
        dropped = 0;
        stands = false;
        if (started && loss == null) {
            loss = newLoss;
        }
    }

    /** One of its sources was registered: when that was the last, the subscription begins, or goes on. */
    void advance() {
        if (stands || !inlets.stream().allMatch(inlet -> inlet.open)) {
            return;
        }
        stands = true;
        if (!started) {
            started = true;
            subscription.start();
        }
        Loss before = loss;
        if (before != null) {
            loss = null;
            subscription.tell(new EventGap(before.when(), Instant.now(), before.cause()));
        }
        held.sort(Comparator.comparingLong(Held::number));
        held.forEach(early -> subscription.offer(early.event()));
        held.clear();
        if (dropped > 0) {
            subscription.skip(dropped);
        }
    }

    /** It comes to its end without having been asked to. */
    void fail(Throwable cause) {
        if (!started) {
            subscription.refuse(cause);
        } else if (cause instanceof LibvirtException known) {
            subscription.lose(known);
        } else {
            subscription.lose(new ConnectionLostException(String.valueOf(cause.getMessage()), cause));
        }
    }
}
