// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.event;

import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.event.Event;
import dev.virtwire.client.event.EventKind;
import dev.virtwire.client.internal.call.Session;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.xdr.XdrException;
import dev.virtwire.xdr.XdrReader;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Routes a connection's events to its subscriptions by the callback ids that the server gave their registrations. State
 * lives on the event loop.
 *
 * <p>An event may come before the reply that names its id, or while other sources of the same subscription are still being
 * registered: such events are kept, so that they are delivered, and in the order in which they came.
 */
public final class EventHub {
    private static final Logger LOG = LoggerFactory.getLogger(EventHub.class);

    /** What a server takes for the same registration: the same kind, of the same object. */
    private record Key(EventKind<?, ?> kind, @Nullable Object of) {}

    private final Session session;
    private final Map<EventSubscription<?>, Feed<?>> feeds = new LinkedHashMap<>();
    private final Map<Object, Registration> registrations = new LinkedHashMap<>();
    private final Map<Registration.Id, Registration> byId = new HashMap<>();
    private final Set<EventMessage<?>> heard = new HashSet<>();
    private final EarlyEvents early;
    private final Set<CompletableFuture<Void>> deregistrations = new HashSet<>();
    private boolean away;
    /** Counts connections that were lost. */
    private int losses;
    /** Of which all answers have been seen that came before the loss. */
    private int lossesSeen;
    /** Counts events. */
    private long numbers;
    /** Calls that register and are not answered. */
    private int underWay;

    private @Nullable LibvirtException ended;

    /** A hub of a session. */
    public EventHub(Session session) {
        this.session = session;
        this.early = new EarlyEvents(session.options().eventBuffer());
        session.watch(new Session.Watcher() {
            @Override
            public void lost(Instant when, LibvirtException cause) {
                suspendAll(new Feed.Loss(when, cause));
            }

            @Override
            public void resumed() {
                resumeAll();
            }

            @Override
            public void ended(LibvirtException cause) {
                loseAll(cause);
            }
        });
    }

    /**
     * Events of these kinds, whatever they are of, in the order in which the server sent them. The
     * subscriber's {@code onSubscribe} comes when the server has registered all.
     */
    public <E extends Event> Flow.Publisher<E> publisher(
            Libvirt libvirt, Collection<? extends EventKind<?, ? extends E>> kinds) {
        List<EventSource<?, E>> sources = new ArrayList<>();
        TreeSet<String> of = new TreeSet<>();
        for (EventKind<?, ? extends E> kind : kinds) {
            of.add(add(sources, libvirt, kind, kind.wire(), null));
        }
        return publisher(name(kinds, of), sources);
    }

    /** As {@link #publisher(Libvirt, Collection)}, of one object. */
    public <T, E extends Event> Flow.Publisher<E> publisher(
            Libvirt libvirt, Collection<? extends EventKind<T, ? extends E>> kinds, T object) {
        List<EventSource<?, E>> sources = new ArrayList<>();
        TreeSet<String> of = new TreeSet<>();
        for (EventKind<T, ? extends E> kind : kinds) {
            of.add(add(sources, libvirt, kind, kind.wire(), object));
        }
        return publisher(name(kinds, of), sources);
    }

    private String name(Collection<? extends EventKind<?, ?>> kinds, Set<String> of) {
        String which =
                kinds.size() == 1 ? kinds.iterator().next() + " events" : "events of " + kinds.size() + " kinds,";
        return "%s of %s on %s".formatted(which, String.join(" and ", of), session.host());
    }

    /** Makes a kind a source, and returns what its events are of. */
    private static <T, B, E extends Event> String add(
            List<EventSource<?, E>> sources,
            Libvirt libvirt,
            EventKind<?, ?> kind,
            EventKind.Wire<T, B, ? extends E> wire,
            @Nullable T object) {
        EventKind.Registry<T> registry = wire.registry();
        sources.add(new EventSource<B, E>(
                new Key(kind, object == null ? null : registry.identity(object)),
                wire.message(),
                wire.callbackId(),
                body -> wire.toEvent().apply(libvirt, body),
                undo -> registry.register(libvirt, object, undo),
                id -> registry.deregister(libvirt, id)));
        return registry.describe(object);
    }

    private <E> Flow.Publisher<E> publisher(String name, List<EventSource<?, E>> sources) {
        if (sources.isEmpty()) {
            throw new IllegalArgumentException("kinds: none is given, and a subscription is to at least one");
        }
        return subscriber -> {
            if (subscriber == null) {
                throw new NullPointerException("subscriber");
            }
            int limit = session.options().eventBuffer();
            EventSubscription<E> subscription =
                    new EventSubscription<>(name, subscriber, limit, session.subscriberExecutor(), this::end);
            session.onLoop(() -> {
                sources.forEach(this::listen);
                Feed<E> feed = new Feed<>(subscription, sources, limit);
                feeds.put(subscription, feed);
                List.copyOf(feed.inlets).forEach(this::attach);
                feed.advance();
            });
        };
    }

    private <B> void listen(EventSource<B, ?> source) {
        if (heard.add(source.message())) {
            session.listen(source.message(), body -> receive(source, body));
        }
    }

    private <B> void receive(EventSource<B, ?> source, ByteBuf body) {
        B event;
        try {
            XdrReader reader = new XdrReader(body);
            event = source.message().body().decode(reader);
            reader.expectEnd(source.message().name());
        } catch (XdrException e) {
            LOG.warn("{}: an event is lost, since it cannot be read: {}", session.host(), e.getMessage());
            miss(source.message());
            return;
        }
        route(Registration.Id.of(source, source.callbackId().applyAsInt(event)), event);
    }

    /** An event came that could not be read, and so may have been anybody's who listens to such ones. */
    private void miss(EventMessage<?> message) {
        for (Feed<?> feed : List.copyOf(feeds.values())) {
            if (feed.inlets.stream().anyMatch(inlet -> inlet.source.message().equals(message))) {
                feed.subscription.skip(1);
            }
        }
    }

    private void route(Registration.Id id, Object body) {
        long number = numbers++;
        Registration registration = byId.get(id);
        if (registration != null) {
            for (Feed.Inlet<?, ?> inlet : List.copyOf(registration.inlets)) {
                if (inlet.open) {
                    inlet.take(number, body);
                }
            }
        } else if (underWay > 0) {
            early.add(id, number, body);
        }
    }

    // ---- registrations

    private void attach(Feed.Inlet<?, ?> inlet) {
        Registration registration =
                registrations.computeIfAbsent(inlet.source.key(), first -> new Registration(inlet.source));
        registration.inlets.add(inlet);
        inlet.open = registration.state == Registration.State.STANDS;
        if (registration.state == Registration.State.NONE && !away) {
            ask(registration);
        }
    }

    private void ask(Registration registration) {
        registration.state = Registration.State.ASKED;
        underWay++;
        int before = losses;
        registration
                .source
                .registrar()
                .register(late -> session.onLoop(() -> deregister(registration.source, late)))
                .whenComplete((callback, failure) -> session.onLoop(() -> {
                    underWay--;
                    registration.state = Registration.State.NONE;
                    if (failure != null) {
                        refused(registration, LibvirtException.unwrap(failure));
                    } else if (before != losses && lossesSeen != losses) {
                        // The answer was on its way here when its connection was lost; the id is worth nothing.
                        refused(
                                registration,
                                new ConnectionLostException(session.host() + ": the connection was lost"));
                    } else {
                        stands(registration, Registration.Id.of(registration.source, callback));
                    }
                    if (underWay == 0) {
                        early.clear();
                    }
                }));
    }

    private void stands(Registration registration, Registration.Id id) {
        registration.state = Registration.State.STANDS;
        byId.put(id, registration);
        EarlyEvents.OfOneId before = early.take(id);
        for (Feed.Inlet<?, ?> inlet : List.copyOf(registration.inlets)) {
            inlet.open = true;
            before.events.forEach(event -> inlet.take(event.number(), event.body()));
            inlet.feed.drop(before.dropped);
            inlet.feed.advance();
        }
        leaveIfUnwanted(registration);
    }

    private void refused(Registration registration, Throwable failure) {
        for (Feed.Inlet<?, ?> inlet : List.copyOf(registration.inlets)) {
            Feed<?> feed = inlet.feed;
            boolean again = failure instanceof ConnectionLostException
                    && ended == null
                    && session.options().reconnect() != null
                    && feed.subscription.outlivesConnections();
            if (!again && detach(feed)) {
                feed.fail(failure);
            }
        }
        if (registration.inlets.isEmpty()) {
            registrations.remove(registration.source.key(), registration);
        } else if (!away) {
            ask(registration);
        }
    }

    /** Events of a subscription are no longer wanted. */
    private void end(EventSubscription<?> subscription) {
        session.onLoop(() -> {
            Feed<?> feed = feeds.get(subscription);
            if (feed != null) {
                detach(feed);
            }
        });
    }

    /** Takes a feed's sources back, where nobody else wants them; false where that has been done. */
    private boolean detach(Feed<?> feed) {
        if (feeds.remove(feed.subscription) == null) {
            return false;
        }
        for (Feed.Inlet<?, ?> inlet : feed.inlets) {
            inlet.open = false;
            Registration registration = registrations.get(inlet.source.key());
            if (registration != null && registration.inlets.remove(inlet)) {
                leaveIfUnwanted(registration);
            }
        }
        return true;
    }

    private void leaveIfUnwanted(Registration registration) {
        if (!registration.inlets.isEmpty()) {
            return;
        }
        if (registration.state == Registration.State.NONE) {
            registrations.remove(registration.source.key(), registration);
        } else if (registration.state == Registration.State.STANDS) {
            byId.entrySet().stream()
                    .filter(entry -> entry.getValue() == registration)
                    .map(Map.Entry::getKey)
                    .findFirst()
                    .ifPresent(id -> leave(registration, id));
        }
    }

    private void leave(Registration registration, Registration.Id id) {
        registration.state = Registration.State.LEAVES;
        int before = losses;
        deregister(registration.source, id.callback())
                .whenComplete((done, failure) -> session.onLoop(() -> {
                    if (before != losses) {
                        // The server forgot it with the connection.
                        return;
                    }
                    byId.remove(id);
                    registration.state = Registration.State.NONE;
                    if (registration.inlets.isEmpty()) {
                        registrations.remove(registration.source.key(), registration);
                    } else if (!away) {
                        // Wanted again meanwhile; before the server had let it go, it would have refused.
                        ask(registration);
                    }
                }));
    }

    @SuppressWarnings("CollectionUndefinedEquality") // The very same future is meant.
    private CompletableFuture<Void> deregister(EventSource<?, ?> source, int id) {
        CompletableFuture<Void> deregistration = source.deregister().apply(id);
        deregistrations.add(deregistration);
        deregistration.whenComplete((done, failure) -> session.onLoop(() -> {
            deregistrations.remove(deregistration);
            if (failure != null) {
                LOG.debug("Deregistering event callback {} failed", id, failure);
            }
        }));
        return deregistration;
    }

    // ---- connections

    /** The connection is lost: what the server knew of us is gone, ids included. */
    private void suspendAll(Feed.Loss loss) {
        away = true;
        losses++;
        int count = losses;
        // Answers come here by way of the callbacks' executor, in order: this one comes after those of the lost
        // connection.
        session.later(Duration.ZERO, () -> session.onLoop(() -> lossesSeen = count));
        byId.clear();
        early.clear();
        for (Registration registration : List.copyOf(registrations.values())) {
            if (registration.state != Registration.State.ASKED) {
                registration.state = Registration.State.NONE;
                leaveIfUnwanted(registration);
            }
        }
        for (Feed<?> feed : List.copyOf(feeds.values())) {
            boolean lost = feed.isOpen() && !feed.subscription.outlivesConnections();
            feed.lose(loss);
            if (lost && detach(feed)) {
                feed.fail(loss.cause());
            }
        }
        // By the next connection the same id may be another subscription's.
        Set.copyOf(deregistrations).forEach(deregistration -> deregistration.cancel(true));
    }

    private void resumeAll() {
        away = false;
        LOG.debug("{} event subscriptions go on with the new connection", feeds.size());
        for (Registration registration : List.copyOf(registrations.values())) {
            if (registration.state == Registration.State.NONE) {
                ask(registration);
            }
        }
    }

    /** The connection has ended, and with it every subscription. */
    private void loseAll(LibvirtException cause) {
        ended = cause;
        LOG.debug("{} event subscriptions end with the connection", feeds.size());
        feeds.values().forEach(feed -> feed.fail(cause));
        feeds.clear();
        registrations.clear();
        byId.clear();
        early.clear();
    }
}
