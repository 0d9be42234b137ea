// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.micrometer;

import static java.util.Objects.requireNonNull;

import dev.virtwire.client.CallReport;
import dev.virtwire.client.CloseReason;
import dev.virtwire.client.ConnectionListener;
import dev.virtwire.client.ConnectionMeter;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.protocol.error.ErrorCode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Measures connections: {@code ConnectOptions.builder().listener(new ConnectionMetrics(registry))}. One object serves
 * any number of connections to any number of hosts; each meter has the tag {@code host}.
 *
 * <table>
 * <caption>The meters</caption>
 * <tr><th>Name</th><th>Kind</th><th>What</th></tr>
 * <tr><td>{@code virtwire.calls}</td><td>timer</td><td>calls from the call to the result, by {@code procedure}, {@code
 *     outcome} ({@link CallReport.Outcome}, in small letters) and {@code error} (libvirt's code, or {@code
 *     none})</td></tr>
 * <tr><td>{@code virtwire.calls.queued}</td><td>timer</td><td>how long calls waited here before they were
 * sent</td></tr>
 * <tr><td>{@code virtwire.calls.inflight}</td><td>gauge</td><td>calls that the server is at work on</td></tr>
 * <tr><td>{@code virtwire.calls.waiting}</td><td>gauge</td><td>calls that wait for a slot or a connection</td></tr>
 * <tr><td>{@code virtwire.bytes}</td><td>counter</td><td>bytes, by {@code direction} ({@code sent}, {@code
 *     received})</td></tr>
 * <tr><td>{@code virtwire.connections}</td><td>gauge</td><td>connections that stand</td></tr>
 * <tr><td>{@code virtwire.connections.lost}</td><td>counter</td><td>connections that were lost</td></tr>
 * <tr><td>{@code virtwire.connections.gap}</td><td>timer</td><td>how long connections were away that were made
 *     again</td></tr>
 * <tr><td>{@code virtwire.events.lost}</td><td>counter</td><td>events that slow subscribers have lost</td></tr>
 * <tr><td>{@code virtwire.reports.missed}</td><td>counter</td><td>calls and losses that are missing here, because they
 *     came too fast</td></tr>
 * </table>
 *
 * @since 0.1
 */
public final class ConnectionMetrics implements ConnectionListener {
    private final MeterRegistry registry;
    private final Tags tags;
    private final MeterProvider<Timer> calls;
    private final Map<String, Host> hosts = new ConcurrentHashMap<>();

    /** Measures into {@code registry}. */
    public ConnectionMetrics(MeterRegistry registry) {
        this(registry, Tags.empty());
    }

    /** Measures into {@code registry}; each meter gets these tags too. */
    public ConnectionMetrics(MeterRegistry registry, Iterable<Tag> tags) {
        this.registry = requireNonNull(registry, "registry");
        this.tags = Tags.of(tags);
        this.calls = Timer.builder("virtwire.calls")
                .description("Calls, from the call to the result")
                .tags(this.tags)
                .withRegistry(registry);
    }

    @Override
    public void opened(ConnectionMeter connection) {
        host(connection).live.add(connection);
    }

    @Override
    public void called(ConnectionMeter connection, CallReport call) {
        Host host = host(connection);
        calls.withTags(
                        "host",
                        connection.host(),
                        "procedure",
                        call.procedure(),
                        "outcome",
                        call.outcome().name().toLowerCase(Locale.ROOT),
                        "error",
                        error(call.failure()))
                .record(call.total());
        host.queued.record(call.waited());
    }

    private static String error(@Nullable LibvirtException failure) {
        if (failure instanceof RemoteException remote) {
            return remote.code().map(ErrorCode::name).orElse("unknown");
        }
        return "none";
    }

    @Override
    public void lost(ConnectionMeter connection, LibvirtException cause) {
        host(connection).lost.increment();
    }

    @Override
    public void reconnected(ConnectionMeter connection, Duration gap) {
        host(connection).gap.record(gap);
    }

    @Override
    public void eventsLost(ConnectionMeter connection, String subscription, long events) {
        host(connection).eventsLost.increment((double) events);
    }

    @Override
    public void closed(ConnectionMeter connection, CloseReason reason) {
        host(connection).retire(connection);
    }

    @Override
    public void missed(ConnectionMeter connection, long reports) {
        host(connection).missed.increment((double) reports);
    }

    private Host host(ConnectionMeter connection) {
        return hosts.computeIfAbsent(connection.host(), name -> new Host(registry, tags.and("host", name)));
    }

    /** The connections to one host, and the meters that all of them share. */
    private static final class Host {
        private final Set<ConnectionMeter> live = ConcurrentHashMap.newKeySet();
        private final AtomicLong sentBefore = new AtomicLong();
        private final AtomicLong receivedBefore = new AtomicLong();
        private final Timer queued;
        private final Timer gap;
        private final Counter lost;
        private final Counter eventsLost;
        private final Counter missed;

        Host(MeterRegistry registry, Tags tags) {
            queued = Timer.builder("virtwire.calls.queued")
                    .description("How long calls waited before they were sent")
                    .tags(tags)
                    .register(registry);
            gap = Timer.builder("virtwire.connections.gap")
                    .description("How long connections were away that were made again")
                    .tags(tags)
                    .register(registry);
            lost = counter(registry, tags, "virtwire.connections.lost", "Connections that were lost");
            eventsLost = counter(registry, tags, "virtwire.events.lost", "Events that slow subscribers have lost");
            missed = counter(registry, tags, "virtwire.reports.missed", "Reports that came too fast to be measured");
            gauge(
                    registry,
                    tags,
                    "virtwire.calls.inflight",
                    "Calls that the server is at work on",
                    inAll(ConnectionMeter::inFlight));
            gauge(
                    registry,
                    tags,
                    "virtwire.calls.waiting",
                    "Calls that wait to be sent",
                    inAll(ConnectionMeter::waiting));
            gauge(
                    registry,
                    tags,
                    "virtwire.connections",
                    "Connections that stand",
                    inAll(connection -> connection.isConnected() ? 1 : 0));
            bytes(
                    registry,
                    tags.and("direction", "sent"),
                    host -> host.total(ConnectionMeter::bytesSent, host.sentBefore));
            bytes(
                    registry,
                    tags.and("direction", "received"),
                    host -> host.total(ConnectionMeter::bytesReceived, host.receivedBefore));
        }

        private static Counter counter(MeterRegistry registry, Tags tags, String name, String what) {
            return Counter.builder(name).description(what).tags(tags).register(registry);
        }

        /** A gauge holds this strongly, and so do the counters of bytes live as long as the registry. */
        private void gauge(MeterRegistry registry, Tags tags, String name, String what, ToDoubleFunction<Host> value) {
            Gauge.builder(name, this, value)
                    .description(what)
                    .tags(tags)
                    .strongReference(true)
                    .register(registry);
        }

        private void bytes(MeterRegistry registry, Tags tags, ToDoubleFunction<Host> value) {
            FunctionCounter.builder("virtwire.bytes", this, value)
                    .description("Bytes of calls, events and streams")
                    .baseUnit("bytes")
                    .tags(tags)
                    .register(registry);
        }

        private static ToDoubleFunction<Host> inAll(ToIntFunction<ConnectionMeter> count) {
            return host -> host.live.stream().mapToInt(count).sum();
        }

        /** Under the lock that {@link #retire} takes, so that no connection counts twice or not at all. */
        private synchronized double total(ToLongFunction<ConnectionMeter> bytes, AtomicLong before) {
            return before.get() + live.stream().mapToLong(bytes).sum();
        }

        private synchronized void retire(ConnectionMeter connection) {
            if (live.remove(connection)) {
                sentBefore.addAndGet(connection.bytesSent());
                receivedBefore.addAndGet(connection.bytesReceived());
            }
        }
    }
}
