// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.testkit.FaultyProxy;
import dev.virtwire.testkit.TlsLibvirtd;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A network that swallows everything and closes nothing. */
@Timeout(60)
class BlackHoleIT {
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final int COUNT = 2;

    /** What is promised: an interval for each ping and one more, and a second for everything else. */
    private static final Duration LIMIT = INTERVAL.multipliedBy(COUNT + 1).plusSeconds(1);

    private static TlsLibvirtd server;

    @BeforeAll
    static void start() {
        server = TlsLibvirtd.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "tls"})
    void failsEveryCallAndSubscriptionInTime(String transport) throws Exception {
        int port = transport.equals("tls") ? server.port() : server.libvirtd().tcpPort();
        try (FaultyProxy network = FaultyProxy.onTcp(new InetSocketAddress("127.0.0.1", port))) {
            String uri = transport.equals("tls")
                    ? server.uri("test", "default").replace(":" + port, ":" + network.port())
                    : "test+tcp://127.0.0.1:%d/default".formatted(network.port());
            ConnectOptions options =
                    ConnectOptions.builder().keepAlive(INTERVAL, COUNT).build();
            Libvirt libvirt = Libvirt.connect(uri, options).join();
            EventRecorder<DomainEvent.Lifecycle> recorder = new EventRecorder<>();
            libvirt.events(DomainEventKind.LIFECYCLE).subscribe(recorder);
            recorder.awaitSubscribed();

            network.toServer().swallowAfter(0);
            network.toClient().swallowAfter(0);
            long begin = System.nanoTime();
            // Those that are on the way and those that wait for a slot.
            List<CompletableFuture<String>> calls =
                    Stream.generate(libvirt::hostname).limit(20).toList();
            for (CompletableFuture<String> call : calls) {
                assertThatThrownBy(call::join)
                        .cause()
                        .isInstanceOf(ConnectionLostException.class)
                        .hasMessageContaining("no sign of life for ")
                        .hasMessageEndingWith(" ms, 2 keepalive pings unanswered");
            }
            await().until(() -> recorder.failure() != null);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(LIMIT);
            assertThat(recorder.failure()).isInstanceOf(ConnectionLostException.class);
            assertThat(libvirt.closed().join().kind()).isEqualTo(CloseReason.Kind.LOST);
        }
    }
}
