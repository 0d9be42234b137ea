// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AmountsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1023, 1023 B",
        "1024, 1 KiB",
        "1536, 1.5 KiB",
        "1048575, 1023.9 KiB",
        "42991616, 41 MiB",
        "8589934592, 8 GiB",
        "8589934591, 7.9 GiB",
        "4398046511104, 4 TiB",
        "9223372036854775807, 7.9 EiB"
    })
    void bytesAreInTheUnitThatFits(long bytes, String text) {
        assertThat(Amounts.bytes(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0.0 s",
        "1399, 1.3 s",
        "59999, 59.9 s",
        "60000, 1 min 00 s",
        "3599000, 59 min 59 s",
        "3780000, 1 h 03 min"
    })
    void durationsAreInTheUnitsThatFit(long millis, String text) {
        assertThat(Amounts.duration(Duration.ofMillis(millis))).isEqualTo(text);
    }

    @Test
    void aRateNeedsTime() {
        assertThat(Amounts.rate(10 << 20, Duration.ofSeconds(2))).isEqualTo("5 MiB/s");
        assertThat(Amounts.rate(10 << 20, Duration.ofMillis(2))).isEmpty();
    }

    @Test
    void momentsAreInUtcToTheSecond() {
        assertThat(Amounts.instant(Instant.parse("2026-11-22T19:00:01.987Z"))).isEqualTo("2026-11-22 19:00:01Z");
    }

    @Test
    void nounsAreInThePluralUnlessThereIsOne() {
        assertThat(Amounts.count(1, "disk")).isEqualTo("1 disk");
        assertThat(Amounts.count(0, "disk")).isEqualTo("0 disks");
    }
}
