// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.Operation;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ThreadOperationTest {
    @Test
    void aSecondCancellationDoesNotHitTheCleanUpOfTheFirst() throws Exception {
        CountDownLatch cleaning = new CountDownLatch(1);
        CountDownLatch cancelledAgain = new CountDownLatch(1);
        Operation<Boolean> operation = ThreadOperation.start("test", () -> {
            awaitInterruption();
            cleaning.countDown();
            awaitUninterruptibly(cancelledAgain);
            return Thread.currentThread().isInterrupted();
        });
        operation.cancel();
        cleaning.await();
        operation.cancel();
        cancelledAgain.countDown();

        assertThat(operation.join()).isFalse();
    }

    @Test
    void whatItFailsWithIsThrownAsItIs() {
        Operation<String> operation = ThreadOperation.start("test", () -> {
            throw new IllegalStateException("as it is");
        });

        assertThatThrownBy(operation::join)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("as it is");
    }

    @Test
    void interruptingWhoWaitsCancelsAndStillWaitsForTheEnd() {
        Operation<String> operation = ThreadOperation.start("test", () -> {
            awaitInterruption();
            return "clean";
        });
        Thread.currentThread().interrupt();

        assertThat(operation.join()).isEqualTo("clean");
        assertThat(Thread.interrupted()).isTrue();
    }

    private static void awaitInterruption() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            // That is what was waited for.
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            Thread.onSpinWait();
        }
    }
}
