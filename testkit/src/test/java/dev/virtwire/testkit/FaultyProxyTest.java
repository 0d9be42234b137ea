// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Everything is judged against a server that sends back what it gets. */
@Timeout(20)
class FaultyProxyTest {
    private ServerSocketChannel echo;
    private SocketAddress echoAddress;

    @TempDir
    Path folder;

    @BeforeEach
    void startEcho() throws IOException {
        echo = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        echoAddress = echo.getLocalAddress();
        Thread thread = new Thread(() -> {
            while (echo.isOpen()) {
                try (SocketChannel client = echo.accept()) {
                    Channels.newInputStream(client).transferTo(Channels.newOutputStream(client));
                } catch (IOException e) {
                    assertThat(e).isNotNull(); // a cut connection is what these tests are about
                }
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    @AfterEach
    void endEcho() throws IOException {
        echo.close();
    }

    @Test
    void forwardsBothWaysUntilBothSidesAreDone() throws IOException {
        try (FaultyProxy proxy = FaultyProxy.onTcp(echoAddress)) {
            assertThat(exchange(proxy, "hello")).isEqualTo("hello");
            assertThat(proxy.bytesToServer()).isEqualTo(5);
            assertThat(proxy.bytesToClient()).isEqualTo(5);
            assertThat(proxy.connections()).isEqualTo(1);
        }
    }

    @Test
    void aWatcherSeesWhatPassesBeforeItIsSpoiled() throws IOException {
        StringBuffer seen = new StringBuffer();
        try (FaultyProxy proxy = FaultyProxy.onTcp(echoAddress)) {
            proxy.toClient()
                    .watch(piece -> seen.append(new String(piece, StandardCharsets.UTF_8)))
                    .flip(0, 0);
            assertThat(exchange(proxy, "hello")).isEqualTo("iello");
        }
        assertThat(seen.toString()).isEqualTo("hello");
    }

    @Test
    void listensOnAUnixSocketAndRemovesIt() throws IOException {
        Path socket = folder.resolve("proxy");
        try (FaultyProxy proxy = FaultyProxy.onUnix(socket, echoAddress)) {
            assertThat(exchange(proxy, "hello")).isEqualTo("hello");
        }
        assertThat(socket).doesNotExist();
    }

    @Test
    void cutsAfterExactlyTheBytesGiven() throws IOException {
        try (FaultyProxy proxy = FaultyProxy.onTcp(echoAddress)) {
            proxy.toClient().cutAfter(3);
            assertThat(exchange(proxy, "hello")).isEqualTo("hel");
            proxy.toClient().none();
            assertThat(exchange(proxy, "hello")).isEqualTo("hello");
        }
    }

    @Test
    void swallowsWithoutClosing() throws IOException {
        try (FaultyProxy proxy = FaultyProxy.onTcp(echoAddress);
                SocketChannel client = SocketChannel.open(proxy.address())) {
            proxy.toServer().swallowAfter(2);
            client.write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.UTF_8)));
            ByteBuffer answer = ByteBuffer.allocate(10);
            while (answer.position() < 2) {
                assertThat(client.read(answer)).isPositive();
            }
            client.shutdownOutput();
            assertThat(client.read(answer)).isEqualTo(-1);
            assertThat(proxy.bytesToServer()).isEqualTo(5);
        }
    }

    @Test
    void flipsOneBit() throws IOException {
        try (FaultyProxy proxy = FaultyProxy.onTcp(echoAddress)) {
            proxy.toClient().flip(1, 5);
            assertThat(exchange(proxy, "hello")).isEqualTo("hEllo");
        }
    }

    @Test
    void delaysAndThrottles() throws IOException {
        try (FaultyProxy proxy = FaultyProxy.onTcp(echoAddress)) {
            proxy.toServer().delay(Duration.ofMillis(100));
            proxy.toClient().throttle(50);
            long start = System.nanoTime();
            assertThat(exchange(proxy, "hello")).isEqualTo("hello");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(195));
        }
    }

    @Test
    void cutsOnCommand() throws IOException {
        try (FaultyProxy proxy = FaultyProxy.onTcp(echoAddress);
                SocketChannel client = SocketChannel.open(proxy.address())) {
            client.write(ByteBuffer.wrap(new byte[1]));
            client.read(ByteBuffer.allocate(1));
            proxy.cut();
            assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
    }

    @Test
    void refusesOnCommand() throws IOException {
        try (FaultyProxy proxy = FaultyProxy.onTcp(echoAddress)) {
            proxy.refuse(true);
            try (SocketChannel client = SocketChannel.open(proxy.address())) {
                assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            }
            proxy.refuse(false);
            assertThat(exchange(proxy, "hello")).isEqualTo("hello");
        }
    }

    @Test
    void closesTheClientWhereNoServerListens() throws IOException {
        // Not a port that was in use a moment ago: the kernel may hand that one to the proxy, or to its own connection.
        SocketAddress nobody = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        try (FaultyProxy proxy = FaultyProxy.onTcp(nobody);
                SocketChannel client = SocketChannel.open(proxy.address())) {
            assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
    }

    private static String exchange(FaultyProxy proxy, String text) throws IOException {
        try (SocketChannel client = SocketChannel.open(proxy.address())) {
            client.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            client.shutdownOutput();
            return new String(Channels.newInputStream(client).readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
