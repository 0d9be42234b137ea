// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RateLimitTest {
    private static final long MILLIS = 1_000_000;
    private static final long SECOND = 1000 * MILLIS;

    private final AtomicLong clock = new AtomicLong();

    @ParameterizedTest
    // The clock may begin anywhere, and wrap.
    @ValueSource(longs = {0, -5 * SECOND, Long.MAX_VALUE - SECOND})
    void everyByteIsPaidForInTurn(long begin) {
        clock.set(begin);
        RateLimit limit = new RateLimit(1000, clock::get);
        assertThat(limit.reserve(500) - begin).isEqualTo(500 * MILLIS);
        assertThat(limit.reserve(1000) - begin).isEqualTo(1500 * MILLIS);
        clock.addAndGet(1200 * MILLIS);
        assertThat(limit.reserve(100) - begin).isEqualTo(1600 * MILLIS);
    }

    @Test
    void aPauseIsNotMadeUpForWithAStorm() {
        RateLimit limit = new RateLimit(1000, clock::get);
        clock.addAndGet(3600 * SECOND);
        long now = clock.get();
        assertThat(limit.reserve(250)).isEqualTo(now);
        assertThat(limit.reserve(250) - now).isEqualTo(250 * MILLIS);
    }

    @Test
    void overAnyTimeNoMorePassesThanTheRateAndOneBurst() {
        long rate = 7919;
        RateLimit limit = new RateLimit(rate, clock::get);
        long passed = 0;
        for (int i = 1; i <= 1000; i++) {
            // Somebody who always waits as long as he was told, and now and then does something else.
            clock.set(Math.max(clock.get(), limit.reserve(i)));
            passed += i;
            if (i % 100 == 0) {
                clock.addAndGet(SECOND / 10);
            }
            double seconds = (double) clock.get() / SECOND;
            assertThat((double) passed).as("after %s s", seconds).isLessThanOrEqualTo(rate * (seconds + 0.26));
        }
    }

    @Test
    void anAbsurdRateWaitsAnHourAtMostForAPiece() {
        RateLimit limit = new RateLimit(1, clock::get);
        assertThat(limit.reserve(Long.MAX_VALUE)).isEqualTo(3600 * SECOND);
    }

    @Test
    void withoutALimitNobodyWaits() throws Exception {
        RateLimit limit = new RateLimit(RateLimit.NONE, clock::get);
        limit.acquire(Long.MAX_VALUE);
        assertThat(limit.reserve(Long.MAX_VALUE)).isEqualTo(clock.get());
        assertThatThrownBy(() -> new RateLimit(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whoWaitsContinuesWhenTheLimitIsLifted() throws Exception {
        RateLimit limit = new RateLimit(1);
        CountDownLatch through = new CountDownLatch(1);
        Thread waiting = new Thread(() -> {
            try {
                limit.acquire(1000);
                through.countDown();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        waiting.start();
        assertThat(through.await(100, TimeUnit.MILLISECONDS)).isFalse();
        limit.lift();
        assertThat(through.await(30, TimeUnit.SECONDS)).isTrue();
    }
}
