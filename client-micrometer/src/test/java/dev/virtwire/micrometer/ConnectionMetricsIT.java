// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.NoSuchDomainException;
import dev.virtwire.client.ReconnectPolicy;
import dev.virtwire.testkit.FaultyProxy;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is measured of connections to a real libvirtd. */
@ExtendWith(LibvirtdExtension.class)
class ConnectionMetricsIT {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final ConnectOptions options = ConnectOptions.builder()
            .listener(new ConnectionMetrics(registry, Tags.of("team", "ours")))
            .reconnect(new ReconnectPolicy(Duration.ofMillis(10), Duration.ofMillis(100), Duration.ofSeconds(30)))
            .build();

    @Test
    void callsAreTimedByProcedureAndOutcome(Libvirtd libvirtd) throws InterruptedException {
        try (Libvirt libvirt = Libvirt.await(Libvirt.connect(libvirtd.unixUri(), options))) {
            for (int i = 0; i < 5; i++) {
                Libvirt.await(libvirt.hostname());
            }
            assertThatThrownBy(() -> Libvirt.await(libvirt.domain("nobody"))).isInstanceOf(NoSuchDomainException.class);

            await().untilAsserted(() -> {
                Timer succeeded = registry.get("virtwire.calls")
                        .tags("procedure", "ConnectGetHostname", "outcome", "succeeded", "error", "none")
                        .tags("host", "this host", "team", "ours")
                        .timer();
                assertThat(succeeded.count()).isEqualTo(5);
                assertThat(succeeded.totalTime(TimeUnit.NANOSECONDS)).isPositive();
                assertThat(registry.get("virtwire.calls")
                                .tags("procedure", "DomainLookupByName", "outcome", "failed", "error", "NO_DOMAIN")
                                .timer()
                                .count())
                        .isEqualTo(1);
            });
            assertThat(registry.get("virtwire.calls.queued").timer().count()).isGreaterThanOrEqualTo(6);
            assertThat(registry.get("virtwire.connections").gauge().value()).isEqualTo(1);
            assertThat(registry.get("virtwire.calls.inflight").gauge().value()).isZero();
            assertThat(registry.get("virtwire.calls.waiting").gauge().value()).isZero();
        }
        await().until(() -> registry.get("virtwire.connections").gauge().value() == 0);
        assertThat(bytes("sent")).isGreaterThan(6 * 28);
        assertThat(bytes("received")).isGreaterThan(6 * 28);
    }

    @Test
    void lossesAreCountedAndBytesOutliveConnections(Libvirtd libvirtd) throws Exception {
        double before;
        try (FaultyProxy proxy = FaultyProxy.onTcp(new InetSocketAddress("127.0.0.1", libvirtd.tcpPort()));
                Libvirt libvirt =
                        Libvirt.await(Libvirt.connect("qemu+tcp://127.0.0.1:" + proxy.port() + "/system", options))) {
            Libvirt.await(libvirt.hostname());
            proxy.cut();
            await().until(() -> registry.get("virtwire.connections.gap").timer().count() == 1);
            assertThat(registry.get("virtwire.connections.lost").counter().count())
                    .isEqualTo(1);
            assertThat(Libvirt.await(libvirt.hostname())).isNotEmpty();
            before = bytes("received");
        }
        await().until(() -> registry.get("virtwire.connections").gauge().value() == 0);
        assertThat(bytes("received")).isGreaterThanOrEqualTo(before);
    }

    private double bytes(String direction) {
        return registry.get("virtwire.bytes")
                .tags("direction", direction)
                .functionCounter()
                .count();
    }
}
