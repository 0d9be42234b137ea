// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.event;

import dev.virtwire.client.event.EventKind;
import dev.virtwire.client.internal.call.Session;
import dev.virtwire.protocol.EventMessage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the server is asked for once, for all subscriptions that want it: it refuses a connection that registers for the
 * same kind of the same object again. On the event loop only.
 *
 * @param <B> the message's body
 */
final class Registration<B> {
    /** How it stands with the server. */
    enum State {
        /** The server knows nothing of it. */
        NONE,
        /** The server was asked for it. */
        ASKED,
        /** The server has given it an id. */
        STANDS,
        /** The server was told that it is not wanted any more. */
        LEAVES
    }

    /** What a server takes for the same registration: the same kind, of the same object. */
    record Key(EventKind<?, ?> kind, @Nullable Object of) {}

    /**
     * What the server calls a registration. Drivers count their ids each for itself, so that one of a network's event
     * may equal one of a domain's; of one message it is unique.
     */
    record Id(int program, int message, int callback) {}

    /**
     * An event that came.
     *
     * @param number which one it was of all that came
     * @param body null if it could not be read
     */
    record Arrival(long number, @Nullable Object body) {}

    final Key key;
    State state = State.NONE;
    private final EventWire<?, B, ?> wire;
    private final Map<EventSubscription<?>, Consumer<Arrival>> takers = new LinkedHashMap<>();

    Registration(Key key, EventWire<?, B, ?> wire) {
        this.key = key;
        this.wire = wire;
    }

    /** A subscription wants its events, made by {@code toEvent}. */
    @SuppressWarnings("unchecked") // What came as this registration's message has its body.
    <E> void add(EventSubscription<E> subscription, Function<B, ? extends E> toEvent) {
        takers.put(subscription, arrival -> {
            if (arrival.body() == null) {
                subscription.miss(1, "one cannot be read");
            } else {
                subscription.take(arrival.number(), toEvent.apply((B) arrival.body()));
            }
        });
    }

    /** A subscription wants its events no more. */
    void remove(EventSubscription<?> subscription) {
        takers.remove(subscription);
    }

    /** Who wants its events; a copy. */
    List<EventSubscription<?>> subscriptions() {
        return List.copyOf(takers.keySet());
    }

    boolean isUnwanted() {
        return takers.isEmpty();
    }

    /** Hands an event on. Before the registration stands, and after it was told to leave, an event is nobody's. */
    void deliver(Arrival arrival) {
        if (state == State.STANDS) {
            List.copyOf(takers.values()).forEach(taker -> taker.accept(arrival));
        }
    }

    /** Whether its events come in this message. */
    boolean isBy(EventMessage<?> message) {
        return wire.message().equals(message);
    }

    CompletableFuture<Id> register(Session session) {
        return wire.register(session, key.of()).thenApply(this::id);
    }

    CompletableFuture<Void> deregister(Session session, Id id) {
        return wire.calls().deregister(session, id.callback());
    }

    private Id id(int callback) {
        return new Id(wire.message().program(), wire.message().number(), callback);
    }
}
