// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.Operation;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

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

    @ParameterizedTest
    @MethodSource("waysToGiveUp")
    void givingItsResultUpCancelsIt(String how, Consumer<CompletableFuture<String>> giveUp) throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        Operation<String> operation = ThreadOperation.start("test", () -> {
            awaitInterruption();
            interrupted.countDown();
            return "clean";
        });

        giveUp.accept(operation.result());

        assertThat(interrupted.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(operation.join()).isEqualTo("clean");
    }

    static Stream<Arguments> waysToGiveUp() {
        return Stream.of(
                way("cancel", result -> result.cancel(false)),
                way("orTimeout", result -> result.orTimeout(1, TimeUnit.MILLISECONDS)),
                way("completeOnTimeout", result -> result.completeOnTimeout("late", 1, TimeUnit.MILLISECONDS)),
                way("complete", result -> result.complete("mine")),
                way("completeExceptionally", result -> result.completeExceptionally(new IllegalStateException())),
                way("a later stage", result -> result.thenApply(String::length).orTimeout(1, TimeUnit.MILLISECONDS)));
    }

    private static Arguments way(String how, Consumer<CompletableFuture<String>> giveUp) {
        return Arguments.of(how, giveUp);
    }

    @Test
    void whatItFailsWithReachesItsFutureAsItIs() {
        IllegalStateException failure = new IllegalStateException("as it is");
        Operation<String> operation = ThreadOperation.start("test", () -> {
            throw failure;
        });

        assertThat(operation.result().handle((done, thrown) -> thrown).join()).isSameAs(failure);
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
