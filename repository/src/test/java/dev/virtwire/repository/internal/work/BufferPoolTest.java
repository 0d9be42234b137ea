// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BufferPoolTest {
    @Test
    void aPartThatHoldsAllOfItsOwnKeepsNoneFromAnother() throws Exception {
        BufferPool whole = new BufferPool(4);
        BufferPool greedy = whole.part(2);
        BufferPool other = whole.part(2);
        ByteBuffer first = greedy.take();
        greedy.take();
        CompletableFuture<ByteBuffer> third = CompletableFuture.supplyAsync(greedy::take);

        other.take();
        other.take();
        assertThat(third).isNotDone();

        greedy.give(first);
        assertThat(third.get(10, TimeUnit.SECONDS)).isSameAs(first);
    }

    @Test
    void buffersOfOnePartServeTheNextSoThatManyCopiesNeedNoMoreThanTheWhole() {
        BufferPool whole = new BufferPool(3);
        Map<ByteBuffer, Boolean> seen = new IdentityHashMap<>();
        for (int copy = 0; copy < 20; copy++) {
            BufferPool part = whole.part(3);
            List<ByteBuffer> taken = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                taken.add(part.take());
            }
            taken.forEach(buffer -> seen.put(buffer, true));
            taken.forEach(part::give);
        }
        assertThat(seen).hasSize(3);
    }

    @Test
    void theWholeIsTheBoundWhateverThePartsAre() throws Exception {
        BufferPool whole = new BufferPool(1);
        ByteBuffer only = whole.part(5).take();
        BufferPool late = whole.part(5);
        CompletableFuture<ByteBuffer> waiting = CompletableFuture.supplyAsync(late::take);

        assertThat(waiting.completeOnTimeout(null, Duration.ofMillis(50).toMillis(), TimeUnit.MILLISECONDS)
                        .get())
                .isNull();
        whole.give(only);
    }
}
