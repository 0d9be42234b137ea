// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * Sees what a test leaves behind of the client: threads, sockets, buffers. Netty tells of lost buffers in its log only.
 */
final class LeakWatch {
    private final TraceLog log = TraceLog.begin();
    private final long sockets = sockets();

    LeakWatch() {
        assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
    }

    /** Waits for what ends by itself, and fails where something does not. */
    void assertNothingIsLeft() throws InterruptedException {
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(threads("virtwire-")).isZero();
            assertThat(sockets()).isLessThanOrEqualTo(sockets);
        });
        for (int i = 0; i < 5; i++) {
            System.gc();
            Thread.sleep(50);
            // The detector looks at what was collected when the next buffer is made.
            ByteBufAllocator.DEFAULT.directBuffer(64).release();
            ByteBufAllocator.DEFAULT.heapBuffer(64).release();
        }
        assertThat(log.linesWith("LEAK")).isEmpty();
    }

    /** How many threads have a name that begins so. */
    static long threads(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(prefix))
                .count();
    }

    private static long sockets() {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.filter(LeakWatch::isSocket).count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean isSocket(Path file) {
        try {
            return Files.readSymbolicLink(file).toString().startsWith("socket:");
        } catch (IOException e) {
            return false; // closed meanwhile
        }
    }
}
