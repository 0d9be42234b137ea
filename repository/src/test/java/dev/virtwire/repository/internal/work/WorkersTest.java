// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.OperationCancelledException;
import java.io.IOException;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WorkersTest {
    private final RateLimit limit = new RateLimit(RateLimit.NONE);
    private final Workers workers = new Workers("test", limit);
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger atWork = new AtomicInteger();

    @AfterEach
    void end() {
        workers.close();
    }

    @Test
    void everyPieceIsDoneOnceBySeveralThreads() throws Exception {
        ConcurrentSkipListSet<Integer> done = new ConcurrentSkipListSet<>();
        CountDownLatch two = new CountDownLatch(2);
        ThreadLocal<Boolean> counted = ThreadLocal.withInitial(() -> false);
        for (int round = 0; round < 2; round++) {
            workers.run(bench -> {
                if (!counted.get()) {
                    counted.set(true);
                    two.countDown();
                    await(two);
                }
                int piece = next.getAndIncrement();
                return piece < 500 && done.add(piece);
            });
            assertThat(done)
                    .containsExactlyElementsOf(IntStream.range(0, 500).boxed().toList());
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void theFirstFailureEndsTheWorkOfAll() {
        assertThatThrownBy(() -> workers.run(bench -> {
                    atWork.incrementAndGet();
                    try {
                        if (next.getAndIncrement() == 100) {
                            throw new IOException("the hundredth");
                        }
                        return true;
                    } finally {
                        atWork.decrementAndGet();
                    }
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("the hundredth");
        assertThat(atWork).hasValue(0);
    }

    @Test
    void anInterruptedCallerGetsBackWhenNobodyIsAtItAnyMore() throws Exception {
        Workers slow = new Workers("slow", new RateLimit(1));
        Thread caller = Thread.currentThread();
        CountDownLatch begun = new CountDownLatch(1);
        Thread interrupter = new Thread(() -> {
            await(begun);
            caller.interrupt();
        });
        interrupter.start();
        assertThatThrownBy(() -> slow.run(bench -> {
                    atWork.incrementAndGet();
                    begun.countDown();
                    // Hours, at this rate.
                    slow.pace(100_000);
                    atWork.decrementAndGet();
                    return true;
                }))
                .isInstanceOf(OperationCancelledException.class)
                .hasMessage("interrupted");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(atWork).hasValue(0);
        interrupter.join();
        slow.close();
    }
}
