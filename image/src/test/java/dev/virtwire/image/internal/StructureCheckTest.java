// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StructureCheckTest {
    @Test
    void aHugeImageIsReadInFewPassesIfThereIsMemoryForThat() {
        long clustersOf16TiB = (16L << 40) / 65_536;
        assertThat(clustersOf16TiB / StructureCheck.window(4L << 30)).isLessThanOrEqualTo(2);
        assertThat(StructureCheck.window(64L << 20)).isEqualTo(4 << 20);
        assertThat(StructureCheck.window(1L << 50)).isEqualTo(1 << 28);
    }
}
