// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

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

class BuffersTest {
    @Test
    void aPartThatHoldsAllOfItsOwnKeepsNoneFromAnother() throws Exception {
        DiskCopy.Buffers whole = new DiskCopy.Buffers(4);
        DiskCopy.Buffers greedy = whole.part(2);
        DiskCopy.Buffers other = whole.part(2);
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
        DiskCopy.Buffers whole = new DiskCopy.Buffers(3);
        Map<ByteBuffer, Boolean> seen = new IdentityHashMap<>();
        for (int copy = 0; copy < 20; copy++) {
            DiskCopy.Buffers part = whole.part(3);
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
        DiskCopy.Buffers whole = new DiskCopy.Buffers(1);
        ByteBuffer only = whole.part(5).take();
        DiskCopy.Buffers late = whole.part(5);
        CompletableFuture<ByteBuffer> waiting = CompletableFuture.supplyAsync(late::take);

        assertThat(waiting.completeOnTimeout(null, Duration.ofMillis(50).toMillis(), TimeUnit.MILLISECONDS)
                        .get())
                .isNull();
        whole.give(only);
    }
}
