// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.event;

import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.event.EventGap;
import dev.virtwire.client.internal.call.Session;
import dev.virtwire.client.protocol.EventMessage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Routes a connection's events to its subscriptions by the callback id that the server gave each. State lives on the
 * event loop.
 *
 * <p>An event may come before the reply that names its id: events of unknown ids are kept while a registration is under
 * way.
 */
public final class EventHub {
    private static final Logger LOG = LoggerFactory.getLogger(EventHub.class);

    /** Registers with the server. */
    @FunctionalInterface
    public interface Registrar {
        /**
         * Calls the server.
         *
         * @param undo removes a registration whose reply came too late
         * @return the callback id
         */
        CompletableFuture<Integer> register(Consumer<Integer> undo);
    }

    /** Events of an id that no reply has named yet. */
    private static final class Early {
        final List<Object> bodies = new ArrayList<>();
        long dropped;
    }

    /** A subscription with what it takes to register it with the server, again if need be. */
    private static final class Registration<B, E> {
        final EventSubscription<E> subscription;
        final Class<B> type;
        final Function<B, E> mapper;
        final Registrar registrar;
        boolean started;

        /** Since when and why events may be missing; null while none may. */
        @Nullable
        Loss loss;

        Registration(EventSubscription<E> subscription, Class<B> type, Function<B, E> mapper, Registrar registrar) {
            this.subscription = subscription;
            this.type = type;
            this.mapper = mapper;
            this.registrar = registrar;
        }

        void offer(Object body) {
            // An id belongs to one kind of event; another kind's under the same id is the server's mistake.
            if (type.isInstance(body)) {
                subscription.offer(mapper.apply(type.cast(body)));
            }
        }

        /** The server has registered it. */
        void begin() {
            if (!started) {
                started = true;
                subscription.start();
            }
            Loss before = loss;
            if (before != null) {
                loss = null;
                subscription.tell(new EventGap(before.when(), Instant.now(), before.cause()));
            }
        }

        /** It comes to its end without having been asked to. */
        void fail(LibvirtException cause) {
            if (started) {
                subscription.lose(cause);
            } else {
                subscription.refuse(cause);
            }
        }
    }

    private record Loss(Instant when, LibvirtException cause) {}

    private final Session session;
    private final Function<Integer, CompletableFuture<Void>> deregister;
    private final Map<Integer, Registration<?, ?>> registrations = new HashMap<>();
    private final Map<EventSubscription<?>, Integer> ids = new HashMap<>();
    private final Set<EventMessage<?>> heard = new HashSet<>();
    private final Map<Integer, Early> early = new HashMap<>();
    /** Registrations that wait for a connection. */
    private final Set<Registration<?, ?>> suspended = new LinkedHashSet<>();

    private final Set<CompletableFuture<Void>> deregistrations = new HashSet<>();
    private boolean away;
    private int underWay;
    private @Nullable LibvirtException ended;

    /**
     * A hub of a session.
     *
     * @param deregister tells the server that an id is no longer wanted
     */
    public EventHub(Session session, Function<Integer, CompletableFuture<Void>> deregister) {
        this.session = session;
        this.deregister = deregister;
        session.onInterruption(new Session.Interruptions() {
            @Override
            public void lost(Instant when, LibvirtException cause) {
                suspendAll(new Loss(when, cause));
            }

            @Override
            public void resumed() {
                resumeAll();
            }
        });
        session.onClose(this::loseAll);
    }

    /**
     * Events of one kind; each subscriber has a registration of its own at the server, and {@code onSubscribe} comes
     * when it stands.
     *
     * @param name what is subscribed to, for messages
     */
    public <B, E> Flow.Publisher<E> publisher(
            String name,
            EventMessage<B> message,
            Class<B> type,
            ToIntFunction<B> callbackId,
            Function<B, E> mapper,
            Registrar registrar) {
        return subscriber -> {
            if (subscriber == null) {
                throw new NullPointerException("subscriber");
            }
            EventSubscription<E> subscription = new EventSubscription<>(
                    name, subscriber, session.options().eventBuffer(), session.subscriberExecutor(), this::end);
            session.onLoop(() -> {
                if (heard.add(message)) {
                    session.listen(message, body -> route(callbackId.applyAsInt(body), body));
                }
                register(new Registration<>(subscription, type, mapper, registrar));
            });
        };
    }

    private void register(Registration<?, ?> registration) {
        underWay++;
        registration
                .registrar
                .register(this::deregisterQuietly)
                .whenComplete((id, failure) -> session.onLoop(() -> {
                    underWay--;
                    if (failure == null) {
                        begin(id, registration);
                    } else {
                        registerLater(registration, LibvirtException.unwrap(failure));
                    }
                    if (underWay == 0) {
                        early.clear();
                    }
                }));
    }

    /** A registration that died with its connection is asked for again: nothing of it is left at the server. */
    private void registerLater(Registration<?, ?> registration, Throwable failure) {
        EventSubscription<?> subscription = registration.subscription;
        boolean again = failure instanceof ConnectionLostException
                && ended == null
                && session.options().reconnect() != null
                && subscription.outlivesConnections();
        if (subscription.isEnded()) {
            return;
        }
        if (!registration.started && !again) {
            subscription.refuse(failure);
        } else if (!again) {
            subscription.lose(
                    failure instanceof LibvirtException known
                            ? known
                            : new ConnectionLostException(String.valueOf(failure.getMessage()), failure));
        } else if (away) {
            suspended.add(registration);
        } else {
            register(registration);
        }
    }

    private void begin(int id, Registration<?, ?> registration) {
        EventSubscription<?> subscription = registration.subscription;
        LibvirtException cause = ended;
        if (cause != null) {
            registration.begin();
            subscription.lose(cause);
            return;
        }
        if (subscription.isEnded()) {
            // Cancelled while it was being registered again.
            deregisterQuietly(id);
            return;
        }
        registrations.put(id, registration);
        ids.put(subscription, id);
        registration.begin();
        Early before = early.remove(id);
        if (before != null) {
            before.bodies.forEach(registration::offer);
            if (before.dropped > 0) {
                subscription.skip(before.dropped);
            }
        }
    }

    /** The connection is lost: what the server knew of us is gone, ids included. */
    private void suspendAll(Loss loss) {
        away = true;
        ids.forEach((subscription, id) -> {
            Registration<?, ?> registration = registrations.get(id);
            if (registration != null && subscription.outlivesConnections()) {
                registration.loss = loss;
                suspended.add(registration);
            } else {
                subscription.lose(loss.cause());
            }
        });
        registrations.clear();
        ids.clear();
        early.clear();
        // By the next connection the same id may be another subscription's.
        Set.copyOf(deregistrations).forEach(deregistration -> deregistration.cancel(true));
    }

    private void resumeAll() {
        away = false;
        List<Registration<?, ?>> again = List.copyOf(suspended);
        suspended.clear();
        LOG.debug("{} event subscriptions go on with the new connection", again.size());
        again.stream()
                .filter(registration -> !registration.subscription.isEnded())
                .forEach(this::register);
    }

    private void route(int callbackId, Object body) {
        Registration<?, ?> registration = registrations.get(callbackId);
        if (registration != null) {
            registration.offer(body);
        } else if (underWay > 0) {
            Early before = early.computeIfAbsent(callbackId, unknown -> new Early());
            if (before.bodies.size() < session.options().eventBuffer()) {
                before.bodies.add(body);
            } else {
                before.dropped++;
            }
        }
    }

    /** Events of a subscription are no longer wanted. */
    private void end(EventSubscription<?> subscription) {
        session.onLoop(() -> {
            suspended.removeIf(registration -> registration.subscription == subscription);
            Integer id = ids.remove(subscription);
            Registration<?, ?> registration = id == null ? null : registrations.get(id);
            if (id != null && registration != null) {
                deregister(id)
                        .whenComplete((done, failure) -> session.onLoop(() -> {
                            registrations.remove(id, registration);
                            subscription.finish();
                        }));
            }
        });
    }

    private void deregisterQuietly(int id) {
        session.onLoop(() -> deregister(id));
    }

    @SuppressWarnings("CollectionUndefinedEquality") // The very same future is meant.
    private CompletableFuture<Void> deregister(int id) {
        CompletableFuture<Void> deregistration = deregister.apply(id);
        deregistrations.add(deregistration);
        deregistration.whenComplete((done, failure) -> session.onLoop(() -> {
            deregistrations.remove(deregistration);
            if (failure != null) {
                LOG.debug("Deregistering event callback {} failed", id, failure);
            }
        }));
        return deregistration;
    }

    /** The connection has ended, and with it every subscription. */
    private void loseAll(LibvirtException cause) {
        ended = cause;
        LOG.debug("{} event subscriptions end with the connection", registrations.size());
        registrations.values().forEach(registration -> registration.subscription.lose(cause));
        suspended.forEach(registration -> registration.fail(cause));
        suspended.clear();
        registrations.clear();
        ids.clear();
        early.clear();
    }
}
