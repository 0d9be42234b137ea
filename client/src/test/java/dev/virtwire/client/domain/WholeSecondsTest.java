// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WholeSecondsTest {
    @ParameterizedTest
    @CsvSource({"PT0S, 0", "PT0.000000001S, 1", "PT0.5S, 1", "PT1S, 1", "PT1.1S, 2", "PT2147483647S, 2147483647"})
    void aRestIsASecondMore(Duration duration, int seconds) {
        assertThat(WholeSeconds.of(duration, "patience")).isEqualTo(seconds);
    }

    /** libvirt takes numbers below zero for "without end" and "as usual". */
    @ParameterizedTest
    @ValueSource(strings = {"PT-2S", "PT-0.000000001S", "PT2147483647.1S", "PT2562047788015215H30M7.999999999S"})
    void whatHasNoNumberIsRefused(Duration duration) {
        assertThatThrownBy(() -> WholeSeconds.of(duration, "patience"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("patience: %s is not between 0 and 2147483647 seconds", duration);
    }
}
