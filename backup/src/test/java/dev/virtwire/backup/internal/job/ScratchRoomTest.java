// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScratchRoomTest {
    private static final long MIB = 1 << 20;

    @ParameterizedTest
    @CsvSource({"0, 0", "32, 16", "128, 64", "256, 64", "1280, 64", "20480, 1024"})
    void whatIsHeldBackIsATwentiethAndAtLeast64MiBAndAtMostHalf(long room, long reserve) {
        assertThat(ScratchGuard.Room.reserve(room * MIB)).isEqualTo(reserve * MIB);
    }

    @Test
    void aLimitIsFullWhenAllButTheReserveIsTakenAndLittleIsLeftToShare() throws Exception {
        ScratchGuard.Room room = ScratchGuard.Room.ofLimit(384 * MIB);
        assertThat(room.left()).isEqualTo(320 * MIB);
        room.measure(309 * MIB);
        assertThat(room.left()).isEqualTo(11 * MIB);
        assertThat(room.isFull()).isFalse();
        room.measure(310 * MIB);
        assertThat(room.isFull()).isTrue();
        room.measure(500 * MIB);
        assertThat(room.left()).isZero();
        assertThat(room).asString().startsWith("near their limit of 384 MiB.");
    }
}
