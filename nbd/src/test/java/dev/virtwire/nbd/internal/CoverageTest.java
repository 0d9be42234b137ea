// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CoverageTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void knowsWhichBytesHaveCome(long seed) throws Exception {
        Random random = new Random(seed);
        Coverage coverage = new Coverage();
        BitSet model = new BitSet();
        for (int i = 0; i < 2000; i++) {
            int start = random.nextInt(3000);
            int end = start + 1 + random.nextInt(12);
            boolean free = model.get(start, end).isEmpty();

            assertThat(coverage.add(start, end)).isEqualTo(free);

            if (free) {
                model.set(start, end);
            }
            assertThat(coverage.covered()).isEqualTo(model.cardinality());
        }
    }

    @Test
    void manyGapsAreRefusedBeforeTheyTakeMuchMemory() throws Exception {
        Coverage coverage = new Coverage();
        for (int i = 0; i < 65536; i++) {
            assertThat(coverage.add(2L * i, 2L * i + 1)).isTrue();
        }

        assertThatThrownBy(() -> coverage.add(1 << 20, (1 << 20) + 1))
                .hasMessage("the server broke the protocol: the chunks of a reply leave more than 65536 gaps");
        assertThat(coverage.add(1, 2)).isTrue();
    }
}
