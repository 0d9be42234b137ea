// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.internal.work.RateLimit;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ThrottledDiskTest {
    @Test
    void readsWhatTheDiskHolds() {
        MemoryDisk disk = MemoryDisk.random(1 << 20, new Random(3));
        try (ThrottledDisk throttled = new ThrottledDisk(disk, new RateLimit(RateLimit.NONE), () -> false)) {
            ByteBuffer buffer = ByteBuffer.allocate(70_000);
            throttled.read(4096, buffer).join();
            assertThat(buffer.array()).isEqualTo(Arrays.copyOfRange(disk.content, 4096, 74_096));
            assertThat(throttled.size()).isEqualTo(disk.size());
            assertThat(throttled.blockSize()).isEqualTo(disk.blockSize());
        }
    }

    @Test
    void takesAsLongAsTheLimitSays() {
        MemoryDisk disk = MemoryDisk.random(1 << 20, new Random(3));
        try (ThrottledDisk throttled = new ThrottledDisk(disk, new RateLimit(512 << 10), () -> false)) {
            long begin = System.nanoTime();
            throttled.read(0, ByteBuffer.allocate(384 << 10)).join();
            // 384 KiB, less a quarter of a second's savings, at 512 KiB a second.
            assertThat(System.nanoTime() - begin).isGreaterThan(400_000_000L);
        }
    }

    @Test
    void cancellingEndsTheWaitingHoweverLowTheLimit() {
        MemoryDisk disk = MemoryDisk.random(1 << 20, new Random(3));
        AtomicInteger asked = new AtomicInteger();
        try (ThrottledDisk throttled =
                new ThrottledDisk(disk, new RateLimit(8 << 10), () -> asked.incrementAndGet() > 2)) {
            assertThatThrownBy(() -> throttled.read(0, ByteBuffer.allocate(1 << 20)))
                    .isInstanceOf(CopyCancelledException.class);
            assertThat(disk.reads()).isZero();
        }
    }
}
