// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.client.internal.access.LibvirtAccess;
import dev.virtwire.protocol.remote.ConsoleFlags;
import dev.virtwire.testkit.FaultyProxy;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.PrivateSshd;
import dev.virtwire.testkit.TlsLibvirtd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
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

    /** An interval for each ping and one more is what is promised, and the rest for a machine that is busy. */
    private static final Duration LIMIT = INTERVAL.multipliedBy(COUNT + 1).plusSeconds(20);

    private static final String GUEST = "says-nothing";

    private static TlsLibvirtd server;
    private static PrivateSshd sshd;
    private static Guest guest;

    @BeforeAll
    static void start() {
        server = TlsLibvirtd.start();
        sshd = PrivateSshd.builder(server.libvirtd()).start();
        guest = Guest.on(server.libvirtd(), GUEST)
                .device("<console type='pty'/>")
                .start();
    }

    @AfterAll
    static void stop() {
        guest.close();
        sshd.close();
        server.close();
    }

    private static int port(String transport) {
        return switch (transport) {
            case "tcp" -> server.libvirtd().tcpPort();
            case "tls" -> server.port();
            default -> sshd.port();
        };
    }

    private static String uri(String transport) {
        return switch (transport) {
            case "tcp" -> server.libvirtd().tcpUri();
            case "tls" -> server.uri("qemu", "system");
            default -> sshd.uri("qemu", "system") + "&no_verify=1";
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "tls", "ssh"})
    void failsEveryCallSubscriptionAndStreamInTime(String transport) throws Exception {
        int port = port(transport);
        try (FaultyProxy network = FaultyProxy.onTcp(new InetSocketAddress("127.0.0.1", port))) {
            String uri = uri(transport).replace(":" + port, ":" + network.port());
            ConnectOptions options =
                    ConnectOptions.builder().keepAlive(INTERVAL, COUNT).build();
            Libvirt libvirt = Libvirt.connect(uri, options).join();
            EventRecorder<DomainEvent.Lifecycle> recorder = new EventRecorder<>();
            libvirt.events(DomainEventKind.LIFECYCLE).subscribe(recorder);
            recorder.awaitSubscribed();

            Optional<CompletableFuture<Integer>> socket = reading(libvirt);
            CompletableFuture<Integer> stream = libvirt.domain(GUEST)
                    .join()
                    .consoles()
                    .open(null, ConsoleFlags.FORCE)
                    .join()
                    .read(ByteBuffer.allocate(1));

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
            await().until(() -> recorder.failure() != null
                    && stream.isDone()
                    && socket.map(CompletableFuture::isDone).orElse(true));
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(LIMIT);
            assertThat(recorder.failure()).isInstanceOf(ConnectionLostException.class);
            assertThat(stream)
                    .failsWithin(Duration.ZERO)
                    .withThrowableOfType(ExecutionException.class)
                    .withCauseInstanceOf(ConnectionLostException.class);
            socket.ifPresent(read -> assertThat(read).isCompletedExceptionally());
            assertThat(libvirt.closed().join().kind()).isEqualTo(CloseReason.Kind.LOST);
        }
    }

    /**
     * Where a socket of the host can be reached, somebody who waits for its next byte: that server waits for one too.
     */
    private static Optional<CompletableFuture<Integer>> reading(Libvirt libvirt) {
        if (!LibvirtAccess.to(libvirt).reachesHostSockets()) {
            return Optional.empty();
        }
        ByteChannel channel = LibvirtAccess.to(libvirt)
                .openHostSocket("/run/libvirt/libvirt-sock")
                .join();
        return Optional.of(CompletableFuture.supplyAsync(() -> {
            try {
                return channel.read(ByteBuffer.allocate(1));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }));
    }
}
