// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class OwnPoolsTest {
    private static final Instant MADE = Instant.parse("2026-11-22T19:00:00Z");
    private static final Instant HOUR_LATER = MADE.plusSeconds(3600);

    private final OwnPools pools =
            new OwnPools("abcdefghijkl", UUID.fromString("11111111-2222-3333-4444-555555555555"));
    private final OwnPools alike =
            new OwnPools("abcdefghijkl", UUID.fromString("11111111-2222-3333-4444-555555555556"));

    @Test
    void aPoolOfARunIsThatOfOneDomain() {
        String name = pools.ofRun();

        assertThat(name).matches("virtwire-abcdefghijkl-11111111-2222-3333-4444-555555555555-[a-z2-7]{12}");
        assertThat(pools.isLeft(name, MADE)).isTrue();
        assertThat(alike.isLeft(name, MADE)).isFalse();
    }

    @Test
    void aPoolOfARestoreIsLeftOnceItIsOverAnHourOld() {
        String name = pools.ofRestore(MADE);

        assertThat(name)
                .matches("virtwire-abcdefghijkl-restore-11111111-2222-3333-4444-555555555555-1795374000-[a-z2-7]{12}");
        assertThat(pools.isLeft(name, HOUR_LATER)).isFalse();
        assertThat(pools.isLeft(name, HOUR_LATER.plusSeconds(1))).isTrue();
        assertThat(alike.isLeft(name, HOUR_LATER.plusSeconds(1))).isFalse();
        assertThat(pools.isLeft(name + "x", HOUR_LATER.plusSeconds(1))).isFalse();
    }

    @Test
    void aPoolThatAPersonNamedSoIsNone() {
        assertThat(OwnPools.isOne(pools.ofRun())).isTrue();
        assertThat(OwnPools.isOne(pools.ofRestore(MADE))).isTrue();
        assertThat(OwnPools.isOne("virtwire-backups")).isFalse();
        assertThat(OwnPools.isOne("virtwire-abcdefghijkl-" + pools.domain())).isFalse();
    }
}
