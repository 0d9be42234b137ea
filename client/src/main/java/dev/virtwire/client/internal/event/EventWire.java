// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.event;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.event.Event;
import dev.virtwire.client.event.EventKind;
import dev.virtwire.client.event.MonitorEventKind;
import dev.virtwire.client.internal.call.Session;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.Procedure;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a kind of event looks like on the wire.
 *
 * @param <T> what it happens to
 * @param <B> the message's body
 * @param <E> the events
 * @param message the message that carries it; its body begins with the callback id of the registration that it answers
 * @param calls those that register for it
 * @param toEvent makes the event
 */
record EventWire<T, B, E extends Event>(
        EventMessage<B> message, Calls<T, ?, ?, ?> calls, BiFunction<Libvirt, B, E> toEvent) {
    private static final Table TABLE = new Table();

    static {
        DomainWires.addTo(TABLE);
        HostWires.addTo(TABLE);
    }

    /** The wires of all kinds that there are, each of its own kind's type. */
    static final class Table {
        private final Map<EventKind<?, ?>, EventWire<?, ?, ?>> wires = new HashMap<>();

        <T, B, E extends Event> void put(
                EventKind<T, E> kind,
                EventMessage<B> message,
                Calls<T, ?, ?, ?> calls,
                BiFunction<Libvirt, B, E> toEvent) {
            wires.put(kind, new EventWire<>(message, calls, toEvent));
        }
    }

    /** The wire of a kind. */
    @SuppressWarnings("unchecked") // By put(), and the monitor's kinds have the types of the monitor's wires.
    static <T, E extends Event> EventWire<T, ?, E> of(EventKind<T, E> kind) {
        EventWire<?, ?, ?> wire =
                kind instanceof MonitorEventKind monitor ? HostWires.monitor(monitor) : TABLE.wires.get(kind);
        if (wire == null) {
            throw new IllegalStateException("no wire of " + kind);
        }
        return (EventWire<T, ?, E>) wire;
    }

    /** Registers with the server for events of one object or, of null, of all; gives the callback id. */
    @SuppressWarnings("unchecked") // What it is asked for comes with a kind of its type.
    CompletableFuture<Integer> register(Session session, @Nullable Object of) {
        return calls.register(session, (T) of);
    }

    /** What the events are of, for messages. */
    @SuppressWarnings("unchecked")
    String describe(@Nullable Object of) {
        return of == null ? calls.all() : calls.name().apply((T) of);
    }

    /**
     * The calls that register for one kind of event.
     *
     * @param <T> what it happens to
     * @param <A> the arguments of the call that registers
     * @param <R> its result
     * @param <D> the arguments of the call that takes it back
     * @param registering the call that registers
     * @param arguments its arguments, for one object or, of null, for all
     * @param callbackId reads the callback id of its result
     * @param back the call that takes a registration back
     * @param backArguments its arguments, of the callback id
     * @param name an object's name, for messages
     * @param all the same of all objects
     */
    record Calls<T, A, R, D>(
            Procedure<A, R> registering,
            Function<@Nullable T, A> arguments,
            ToIntFunction<R> callbackId,
            Procedure<D, Void> back,
            IntFunction<D> backArguments,
            Function<T, String> name,
            String all) {
        /** Registers, and gives the callback id; a registration that comes too late is taken back. */
        CompletableFuture<Integer> register(Session session, @Nullable T object) {
            return session.ask(
                            registering,
                            arguments.apply(object),
                            late -> deregister(session, callbackId.applyAsInt(late)))
                    .thenApply(callbackId::applyAsInt);
        }

        /** Takes a registration back. */
        CompletableFuture<Void> deregister(Session session, int id) {
            return session.ask(back, backArguments.apply(id), null);
        }
    }
}
