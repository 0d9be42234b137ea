// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.event;

import static java.util.Objects.requireNonNull;

import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.event.Event;
import dev.virtwire.client.event.EventKind;
import dev.virtwire.client.internal.async.LoopThread;
import dev.virtwire.client.internal.call.Session;
import dev.virtwire.client.internal.event.Registration.Arrival;
import dev.virtwire.client.internal.event.Registration.State;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.xdr.XdrException;
import dev.virtwire.xdr.XdrReader;
import io.netty.buffer.ByteBuf;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Routes a session's events to its subscriptions by the callback ids that the server gave their registrations. State lives on
 * the event loop, where answers to registrations come too: none is older than the connection.
 *
 * <p>An event may come before the reply that names its id: it is kept until then.
 */
public final class EventHub implements Session.Watcher {
    private static final Logger LOG = LoggerFactory.getLogger(EventHub.class);

    /** Events of an id that no reply has named yet. */
    private static final class Early {
        final List<Arrival> events = new ArrayList<>();

        /** How many came beyond the limit. */
        long dropped;
    }

    private final Session session;
    private final int limit;

    // On the event loop.
    private final Set<EventSubscription<?>> subscriptions = new LinkedHashSet<>();
    private final Map<Registration.Key, Registration<?, ?>> registrations = new LinkedHashMap<>();
    private final Map<Registration.Id, Registration<?, ?>> byId = new HashMap<>();
    private final Map<Registration.Id, Early> early = new HashMap<>();
    private long arrivals;

    /** Calls that register and are not answered. */
    private int asking;

    private boolean away;
    private @Nullable LibvirtException end;

    /** A hub of a session. */
    public EventHub(Session session) {
        this.session = session;
        this.limit = session.options().eventBuffer();
        session.watch(this);
    }

    /**
     * Events of these kinds, whatever they are of, in the order in which the server sent them. The
     * subscriber's {@code onSubscribe} comes when the server has registered all.
     */
    public <E extends Event> Flow.Publisher<E> publisher(
            Libvirt libvirt, Collection<? extends EventKind<?, ? extends E>> kinds) {
        Wish<E> wish = new Wish<>(libvirt);
        kinds.forEach(kind -> wish.add(kind, null));
        return publisher(wish);
    }

    /** As {@link #publisher(Libvirt, Collection)}, of one object. */
    public <T, E extends Event> Flow.Publisher<E> publisher(
            Libvirt libvirt, Collection<? extends EventKind<T, ? extends E>> kinds, T object) {
        Wish<E> wish = new Wish<>(libvirt);
        kinds.forEach(kind -> wish.add(kind, object));
        return publisher(wish);
    }

    /** What a publisher's subscriptions are to. */
    private final class Wish<E extends Event> {
        private final Libvirt libvirt;
        private final List<String> kinds = new ArrayList<>();
        private final Set<String> of = new TreeSet<>();
        private final List<Consumer<EventSubscription<E>>> parts = new ArrayList<>();

        Wish(Libvirt libvirt) {
            this.libvirt = libvirt;
        }

        <T> void add(EventKind<T, ? extends E> kind, @Nullable T object) {
            add(kind, EventWire.of(kind), object);
        }

        private <T, B> void add(EventKind<T, ?> kind, EventWire<T, B, ? extends E> wire, @Nullable T object) {
            kinds.add(kind.name());
            of.add(wire.calls().describe(object));
            Registration.Key key = new Registration.Key(
                    kind, object == null ? null : wire.calls().identity().apply(object));
            parts.add(subscription -> {
                listen(wire.message());
                @SuppressWarnings("unchecked") // By the kind in its key.
                Registration<T, B> registration = (Registration<T, B>)
                        registrations.computeIfAbsent(key, first -> new Registration<>(first, wire, object));
                registration.add(subscription, body -> wire.toEvent().apply(libvirt, body));
                subscription.needs(registration);
            });
        }

        String name() {
            String which = kinds.size() == 1 ? kinds.get(0) + " events" : "events of " + kinds.size() + " kinds,";
            return "%s of %s on %s".formatted(which, String.join(" and ", of), session.host());
        }
    }

    private <E extends Event> Flow.Publisher<E> publisher(Wish<E> wish) {
        if (wish.parts.isEmpty()) {
            throw new IllegalArgumentException("kinds: none is given, and a subscription is to at least one");
        }
        String name = wish.name();
        return subscriber -> {
            EventSubscription<E> subscription = new EventSubscription<>(
                    name,
                    requireNonNull(subscriber, "subscriber"),
                    limit,
                    session.subscriberExecutor(),
                    ended -> session.onLoop(() -> forget(ended)));
            session.onLoop(() -> begin(subscription, wish.parts));
        };
    }

    private <E> void begin(EventSubscription<E> subscription, List<Consumer<EventSubscription<E>>> parts) {
        LoopThread.check(session.loop());
        if (end != null) {
            subscription.fail(end);
            return;
        }
        subscriptions.add(subscription);
        parts.forEach(part -> part.accept(subscription));
        List.copyOf(subscription.registrations()).forEach(this::askIfNeeded);
        subscription.advance();
    }

    // ---- events

    private <B> void listen(EventMessage<B> message) {
        session.listen(message, body -> receive(message, body));
    }

    private void receive(EventMessage<?> message, ByteBuf body) {
        LoopThread.check(session.loop());
        boolean named = body.readableBytes() >= Integer.BYTES;
        int callback = named ? body.getInt(body.readerIndex()) : 0;
        Arrival arrival = new Arrival(arrivals++, decoded(message, body));
        if (!named) {
            // Anybody's who hears this message.
            registrations.values().stream()
                    .filter(any -> any.isBy(message))
                    .toList()
                    .forEach(any -> any.deliver(arrival));
            return;
        }
        Registration.Id id = new Registration.Id(message.program(), message.number(), callback);
        Registration<?, ?> registration = byId.get(id);
        if (registration != null) {
            registration.deliver(arrival);
        } else if (asking > 0) {
            keep(id, arrival);
        }
    }

    /** The body, or null if it cannot be read: that is an event lost, and says nothing of those that follow. */
    private @Nullable Object decoded(EventMessage<?> message, ByteBuf body) {
        try {
            XdrReader reader = new XdrReader(body);
            Object decoded = message.body().decode(reader);
            reader.expectEnd(message.name());
            return decoded;
        } catch (XdrException e) {
            LOG.warn("{}: an event is lost, since it cannot be read: {}", session.host(), e.getMessage());
            return null;
        }
    }

    private void keep(Registration.Id id, Arrival arrival) {
        Early known = early.computeIfAbsent(id, unknown -> new Early());
        if (known.events.size() < limit) {
            known.events.add(arrival);
        } else {
            known.dropped++;
        }
    }

    // ---- registrations

    private void askIfNeeded(Registration<?, ?> registration) {
        if (registration.state == State.NONE && !away) {
            ask(registration);
        }
    }

    private void ask(Registration<?, ?> registration) {
        LoopThread.check(session.loop());
        registration.state = State.ASKED;
        asking++;
        registration.register(session).whenComplete((id, failure) -> {
            asking--;
            if (failure == null) {
                stands(registration, id);
            } else {
                registration.state = State.NONE;
                refused(registration, LibvirtException.unwrap(failure));
            }
            if (asking == 0) {
                early.clear();
            }
        });
    }

    private void stands(Registration<?, ?> registration, Registration.Id id) {
        registration.state = State.STANDS;
        byId.put(id, registration);
        Early before = early.remove(id);
        if (before != null) {
            before.events.forEach(registration::deliver);
            registration
                    .subscriptions()
                    .forEach(subscription -> subscription.miss(before.dropped, subscription.slow()));
        }
        registration.subscriptions().forEach(EventSubscription::advance);
        leaveIfUnwanted(registration);
    }

    private void refused(Registration<?, ?> registration, Throwable failure) {
        boolean lost = failure instanceof ConnectionLostException;
        for (EventSubscription<?> subscription : registration.subscriptions()) {
            // With the connection that was asked, and the next will be.
            boolean again = lost && session.options().reconnect() != null && subscription.outlivesConnections();
            if (!again && forget(subscription)) {
                subscription.fail(failure);
            }
        }
        settled(registration, lost);
    }

    /** Takes a subscription's registrations back, if nobody else wants them; false if that has been done. */
    private boolean forget(EventSubscription<?> subscription) {
        LoopThread.check(session.loop());
        if (!subscriptions.remove(subscription)) {
            return false;
        }
        for (Registration<?, ?> registration : subscription.registrations()) {
            registration.remove(subscription);
            leaveIfUnwanted(registration);
        }
        return true;
    }

    private void leaveIfUnwanted(Registration<?, ?> registration) {
        if (!registration.isUnwanted()) {
            return;
        }
        if (registration.state == State.NONE) {
            registrations.remove(registration.key, registration);
        } else if (registration.state == State.STANDS) {
            leave(registration);
        }
    }

    private void leave(Registration<?, ?> registration) {
        registration.state = State.LEAVES;
        byId.entrySet().stream()
                .filter(entry -> entry.getValue() == registration)
                .map(Map.Entry::getKey)
                .findFirst()
                .ifPresent(id -> registration.deregister(session, id).whenComplete((done, failure) -> {
                    if (failure != null) {
                        LOG.debug("Deregistering event callback {} failed", id, failure);
                    }
                    byId.remove(id, registration);
                    registration.state = State.NONE;
                    settled(registration, failure instanceof ConnectionLostException);
                }));
    }

    /** The server knows nothing of a registration; it may be wanted again, and before would have been refused. */
    private void settled(Registration<?, ?> registration, boolean connectionLost) {
        if (registration.isUnwanted()) {
            registrations.remove(registration.key, registration);
        } else if (!connectionLost) {
            askIfNeeded(registration);
        }
    }

    // ---- connections

    /** What the server knew of us is gone, ids included. */
    @Override
    public void lost(Instant when, LibvirtException cause) {
        LoopThread.check(session.loop());
        away = true;
        List<EventSubscription<?>> over = subscriptions.stream()
                .filter(one -> !one.outlivesConnections()
                        && one.registrations().stream().anyMatch(needed -> needed.state == State.STANDS))
                .toList();
        byId.clear();
        early.clear();
        registrations.values().forEach(registration -> registration.state = State.NONE);
        registrations.values().removeIf(Registration::isUnwanted);
        over.forEach(subscription -> {
            forget(subscription);
            subscription.fail(cause);
        });
        subscriptions.forEach(subscription -> subscription.lose(new EventSubscription.Loss(when, cause)));
    }

    @Override
    public void resumed() {
        LoopThread.check(session.loop());
        away = false;
        LOG.debug("{} event subscriptions go on with the new connection", subscriptions.size());
        List.copyOf(registrations.values()).forEach(this::askIfNeeded);
    }

    @Override
    public void ended(LibvirtException cause) {
        LoopThread.check(session.loop());
        end = cause;
        LOG.debug("{} event subscriptions end with the connection", subscriptions.size());
        subscriptions.forEach(subscription -> subscription.fail(cause));
        subscriptions.clear();
        registrations.clear();
        byId.clear();
        early.clear();
    }
}
