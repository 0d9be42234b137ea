// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.Screenshot;
import dev.virtwire.protocol.remote.ConsoleFlags;
import dev.virtwire.protocol.stream.DuplexStream;
import dev.virtwire.protocol.stream.ReadableStream;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.LinuxGuest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a guest says and hears by streams, and how its screen looks. */
@ExtendWith(LibvirtdExtension.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ConsoleStreamIT {
    private static final String DEVICES = """
                <serial type='pty'><target port='2'/></serial>
                <channel type='unix'><target type='virtio' name='virtwire.echo'/></channel>
                <video><model type='vga'/></video>
            """;

    private static LinuxGuest linux;
    private static Libvirt libvirt;
    private static Domain domain;

    @BeforeAll
    static void startGuest(Libvirtd server) {
        linux = LinuxGuest.on(server, "console").device(DEVICES).start();
        libvirt = Libvirt.connect(
                        server.unixUri(),
                        ConnectOptions.builder().streamBuffer(16 << 10).build())
                .join();
        domain = libvirt.domain("console").join();
    }

    @AfterAll
    static void endGuest() {
        libvirt.close();
        linux.close();
    }

    @Test
    void aConsoleEchoesBothWays() {
        linux.run("stty -F /dev/ttyS2 raw -echo 2> /dev/null; (cat < /dev/ttyS2 > /dev/ttyS2) > /dev/null 2>&1 &");
        DuplexStream console = domain.consoles().open("serial2").join();
        for (String line : new String[] {"hello", "guest", "x".repeat(300)}) {
            console.write(bytes(line + "\n")).join();
            assertThat(readUntil(console, line)).contains(line);
        }
        assertThatThrownBy(() -> domain.consoles().open("serial2").join())
                .cause()
                .isInstanceOf(RemoteException.class)
                .hasMessageContaining("Active console session exists for this domain");
        DuplexStream forced =
                domain.consoles().open("serial2", ConsoleFlags.FORCE).join();
        forced.write(bytes("mine\n")).join();
        assertThat(readUntil(forced, "mine")).contains("mine");
        forced.finish().join();
        console.abort().join();
        // The session is free again.
        domain.consoles().open("serial2").join().abort().join();
    }

    @Test
    void aChannelEchoesBothWays() {
        // While nobody is at the host's end the port has nothing but an end of file for the guest.
        linux.run("for p in /sys/class/virtio-ports/*; do if [ \"$(cat $p/name)\" = virtwire.echo ]; then"
                + " (exec 3<> /dev/${p##*/}; while :; do cat <&3 >&3; sleep 1; done) > /dev/null 2>&1 & fi; done");
        DuplexStream channel = domain.consoles().openChannel("virtwire.echo").join();
        channel.write(bytes("by the channel\n")).join();
        assertThat(readUntil(channel, "by the channel\n")).isEqualTo("by the channel\n");
        channel.finish().join();
    }

    @Test
    void aConsoleThatNobodyReadsEndsAndDelaysNoCall() {
        DuplexStream console =
                domain.consoles().open("serial2", ConsoleFlags.FORCE).join();
        linux.run(
                "(i=0; while [ $i -lt 4000 ]; do echo 0123456789abcdef; i=$((i+1)); done > /dev/ttyS2) > /dev/null 2>&1 &");
        long worst = 0;
        int calls = 0;
        while (!console.closed().isDone()) {
            long begin = System.nanoTime();
            libvirt.hostname().join();
            worst = Math.max(worst, System.nanoTime() - begin);
            calls++;
        }
        System.out.printf(
                "a console that nobody read: %d calls meanwhile, the slowest took %.1f ms%n", calls, worst / 1e6);
        assertThat(Duration.ofNanos(worst)).isLessThan(Duration.ofSeconds(20));
        assertThat(calls)
                .as("calls that were answered while the console was unread")
                .isGreaterThan(2);
        assertThatThrownBy(() -> console.closed().join())
                .cause()
                .isInstanceOf(StreamOverflowException.class)
                .hasMessageContaining("its reader was too slow");
    }

    @Test
    void aScreenIsAPicture() {
        Screenshot screenshot = domain.consoles().screenshot(0).join();
        assertThat(screenshot.mime())
                .hasValueSatisfying(mime -> assertThat(mime).startsWith("image/"));
        ByteBuffer image = screenshot.image();
        byte[] magic = new byte[3];
        image.get(magic);
        assertThat(new String(magic, StandardCharsets.ISO_8859_1)).matches("P6\\s|\\x89PN");
        assertThat(image.remaining()).isGreaterThan(1000);
        assertThatThrownBy(() -> domain.consoles().screenshot(7).join())
                .cause()
                .isInstanceOf(RemoteException.class)
                .hasMessageContaining("no such screen");
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String readUntil(ReadableStream stream, String expected) {
        StringBuilder text = new StringBuilder();
        ByteBuffer part = ByteBuffer.allocate(4096);
        while (text.indexOf(expected) < 0) {
            int length =
                    stream.read(part.clear()).orTimeout(60, TimeUnit.SECONDS).join();
            text.append(new String(part.array(), 0, length, StandardCharsets.US_ASCII));
        }
        return text.toString();
    }
}
