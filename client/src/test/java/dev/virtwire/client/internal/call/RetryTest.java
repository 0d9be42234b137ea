// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.ReconnectPolicy;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** When a lost connection is tried again. */
class RetryTest {
    private static final long SECOND = 1_000_000_000L;

    private final Retry retry =
            new Retry(new ReconnectPolicy(Duration.ofSeconds(1), Duration.ofSeconds(4), Duration.ofSeconds(60)));

    @Test
    void theTimeBetweenAttemptsDoublesUpToTheLongest() {
        retry.lost(0, -SECOND);
        assertThat(retry.next(0)).isBetween(SECOND / 2, SECOND);
        assertThat(retry.next(1)).isBetween(SECOND, 2 * SECOND);
        assertThat(retry.next(2)).isBetween(2 * SECOND, 4 * SECOND);
        assertThat(retry.next(3)).isBetween(2 * SECOND, 4 * SECOND);
    }

    @Test
    void theLastAttemptIsNoLaterThanTheEnd() {
        retry.lost(0, -SECOND);
        assertThat(retry.next(60 * SECOND - 10)).isBetween(0L, 10L);
        assertThat(retry.next(60 * SECOND)).isNegative();
    }

    @Test
    void aConnectionThatStoodForAMomentStartsNothingAgain() {
        retry.lost(0, -SECOND);
        retry.next(0);
        retry.next(0);
        retry.lost(2 * SECOND, SECOND);
        assertThat(retry.next(2 * SECOND)).isBetween(2 * SECOND, 4 * SECOND);
        retry.lost(61 * SECOND, 60 * SECOND);
        assertThat(retry.next(61 * SECOND)).isNegative();
    }

    @Test
    void oneThatStoodForLongerDoes() {
        retry.lost(0, -SECOND);
        retry.next(0);
        retry.next(0);
        retry.lost(100 * SECOND, 10 * SECOND);
        assertThat(retry.next(100 * SECOND)).isBetween(SECOND / 2, SECOND);
    }
}
