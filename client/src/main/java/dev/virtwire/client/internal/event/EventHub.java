// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.event;

import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.internal.call.Connection;
import dev.virtwire.client.protocol.EventMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
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

    private record Registration<B, E>(EventSubscription<E> subscription, Class<B> type, Function<B, E> mapper) {
        void offer(Object body) {
            // An id belongs to one kind of event; another kind's under the same id is the server's mistake.
            if (type.isInstance(body)) {
                subscription.offer(mapper.apply(type.cast(body)));
            }
        }
    }

    private final Connection connection;
    private final Function<Integer, CompletableFuture<Void>> deregister;
    private final Map<Integer, Registration<?, ?>> registrations = new HashMap<>();
    private final Map<EventSubscription<?>, Integer> ids = new HashMap<>();
    private final Set<EventMessage<?>> heard = new HashSet<>();
    private final Map<Integer, Early> early = new HashMap<>();
    private int underWay;
    private @Nullable LibvirtException ended;

    /**
     * A hub of a connection.
     *
     * @param deregister tells the server that an id is no longer wanted
     */
    public EventHub(Connection connection, Function<Integer, CompletableFuture<Void>> deregister) {
        this.connection = connection;
        this.deregister = deregister;
        connection.onClose(this::loseAll);
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
                    name, subscriber, connection.options().eventBuffer(), connection.subscriberExecutor(), this::end);
            connection.onLoop(() -> {
                if (heard.add(message)) {
                    connection.listen(message, body -> route(callbackId.applyAsInt(body), body));
                }
                underWay++;
                registrar
                        .register(this::deregisterQuietly)
                        .whenComplete((id, failure) -> connection.onLoop(() -> {
                            underWay--;
                            if (failure == null) {
                                begin(id, new Registration<>(subscription, type, mapper));
                            } else {
                                subscription.refuse(LibvirtException.unwrap(failure));
                            }
                            if (underWay == 0) {
                                early.clear();
                            }
                        }));
            });
        };
    }

    private <B, E> void begin(int id, Registration<B, E> registration) {
        EventSubscription<E> subscription = registration.subscription();
        LibvirtException cause = ended;
        if (cause != null) {
            subscription.start();
            subscription.lose(cause);
            return;
        }
        registrations.put(id, registration);
        ids.put(subscription, id);
        subscription.start();
        Early before = early.remove(id);
        if (before != null) {
            before.bodies.forEach(registration::offer);
            if (before.dropped > 0) {
                subscription.skip(before.dropped);
            }
        }
    }

    private void route(int callbackId, Object body) {
        Registration<?, ?> registration = registrations.get(callbackId);
        if (registration != null) {
            registration.offer(body);
        } else if (underWay > 0) {
            Early before = early.computeIfAbsent(callbackId, unknown -> new Early());
            if (before.bodies.size() < connection.options().eventBuffer()) {
                before.bodies.add(body);
            } else {
                before.dropped++;
            }
        }
    }

    /** Events of a subscription are no longer wanted. */
    private void end(EventSubscription<?> subscription) {
        connection.onLoop(() -> {
            Integer id = ids.remove(subscription);
            if (id != null) {
                deregister
                        .apply(id)
                        .whenComplete((done, failure) -> connection.onLoop(() -> {
                            if (failure != null) {
                                LOG.debug("Deregistering event callback {} failed", id, failure);
                            }
                            registrations.remove(id);
                            subscription.finish();
                        }));
            }
        });
    }

    private void deregisterQuietly(int id) {
        deregister.apply(id).whenComplete((done, failure) -> {
            if (failure != null) {
                LOG.debug("Deregistering the late event callback {} failed", id, failure);
            }
        });
    }

    /** The connection has ended, and with it every subscription. */
    private void loseAll(LibvirtException cause) {
        ended = cause;
        LOG.debug("{} event subscriptions end with the connection", registrations.size());
        registrations
                .values()
                .forEach(registration -> registration.subscription().lose(cause));
        registrations.clear();
        ids.clear();
        early.clear();
    }
}
