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
import java.util.concurrent.Flow;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Routes a session's events to its subscriptions by the callback ids that the server gave their registrations. State
 * lives on the event loop, where answers to registrations come too: none is older than the connection.
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
    private final Map<Registration.Key, Registration<?>> registrations = new LinkedHashMap<>();
    private final Map<Registration.Id, Registration<?>> byId = new HashMap<>();
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
     * Events of these kinds, of one object or, of null, whatever they are of, in the order in which the server sent
     * them. The subscriber's {@code onSubscribe} comes when the server has registered all.
     */
    public <E extends Event> Flow.Publisher<E> publisher(
            Libvirt libvirt, Collection<? extends EventKind<?, ? extends E>> kinds, @Nullable Object of) {
        if (kinds.isEmpty()) {
            throw new IllegalArgumentException("kinds: none is given, and a subscription is to at least one");
        }
        List<EventKind<?, ? extends E>> wanted = List.copyOf(kinds);
        String name = name(wanted, of);
        return subscriber -> {
            EventSubscription<E> subscription = new EventSubscription<>(
                    name, requireNonNull(subscriber, "subscriber"), limit, session.subscriberExecutor(), ended -> {
                        if (ended.lost() > 0) {
                            session.meter().eventsLost(name, ended.lost());
                        }
                        session.onLoop(() -> forget(ended));
                    });
            session.onLoop(() -> begin(subscription, libvirt, wanted, of));
        };
    }

    private String name(List<? extends EventKind<?, ?>> kinds, @Nullable Object of) {
        String which = kinds.size() == 1 ? kinds.get(0) + " events" : "events of " + kinds.size() + " kinds,";
        String whose = kinds.stream()
                .map(kind -> EventWire.of(kind).describe(of))
                .distinct()
                .sorted()
                .collect(Collectors.joining(" and "));
        return "%s of %s on %s".formatted(which, whose, session.host());
    }

    private <E extends Event> void begin(
            EventSubscription<E> subscription,
            Libvirt libvirt,
            List<EventKind<?, ? extends E>> kinds,
            @Nullable Object of) {
        LoopThread.check(session.loop());
        if (end != null) {
            subscription.fail(end);
            return;
        }
        subscriptions.add(subscription);
        kinds.forEach(kind -> attach(subscription, libvirt, new Registration.Key(kind, of), EventWire.of(kind)));
        List.copyOf(subscription.registrations()).forEach(this::askIfNeeded);
        subscription.advance();
    }

    private <T, B, E extends Event> void attach(
            EventSubscription<E> subscription,
            Libvirt libvirt,
            Registration.Key key,
            EventWire<T, B, ? extends E> wire) {
        session.listen(wire.message(), body -> receive(wire.message(), body));
        @SuppressWarnings("unchecked") // By the kind in its key.
        Registration<B> registration =
                (Registration<B>) registrations.computeIfAbsent(key, first -> new Registration<>(first, wire));
        registration.add(subscription, body -> wire.toEvent().apply(libvirt, body));
        subscription.needs(registration);
    }

    // ---- events

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
        Registration<?> registration = byId.get(id);
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

    private void askIfNeeded(Registration<?> registration) {
        if (registration.state == State.NONE && !registration.isUnwanted() && !away) {
            ask(registration);
        }
    }

    private void ask(Registration<?> registration) {
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

    private void stands(Registration<?> registration, Registration.Id id) {
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

    private void refused(Registration<?> registration, Throwable failure) {
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
        for (Registration<?> registration : subscription.registrations()) {
            registration.remove(subscription);
            leaveIfUnwanted(registration);
        }
        return true;
    }

    private void leaveIfUnwanted(Registration<?> registration) {
        if (!registration.isUnwanted()) {
            return;
        }
        if (registration.state == State.NONE) {
            registrations.remove(registration.key, registration);
        } else if (registration.state == State.STANDS) {
            leave(registration);
        }
    }

    private void leave(Registration<?> registration) {
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
    private void settled(Registration<?> registration, boolean connectionLost) {
        leaveIfUnwanted(registration);
        if (!connectionLost) {
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
        LOG.debug("{} event subscriptions continue with the new connection", subscriptions.size());
        List.copyOf(registrations.values()).forEach(this::askIfNeeded);
    }

    @Override
    public void ended(LibvirtException cause, boolean byUs) {
        LoopThread.check(session.loop());
        end = cause;
        LOG.debug("{} event subscriptions end with the connection", subscriptions.size());
        subscriptions.forEach(subscription -> {
            if (byUs) {
                subscription.complete();
            } else {
                subscription.fail(cause);
            }
        });
        subscriptions.clear();
        registrations.clear();
        byId.clear();
        early.clear();
    }
}
