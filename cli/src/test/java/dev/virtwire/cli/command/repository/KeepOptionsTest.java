// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.cli.output.CommandException;
import dev.virtwire.repository.Retention;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** From the options to the rules. */
class KeepOptionsTest {
    private static KeepOptions options(String... arguments) {
        KeepOptions options = new KeepOptions();
        new CommandLine(options).parseArgs(arguments);
        return options;
    }

    @Test
    void eachOptionIsARule() {
        assertThat(options(
                                "--keep-last=1",
                                "--keep-hourly=2",
                                "--keep-daily=3",
                                "--keep-weekly=4",
                                "--keep-monthly=5",
                                "--keep-yearly=6",
                                "--keep-within=14d",
                                "--time-zone=Europe/Berlin")
                        .retention())
                .isEqualTo(new Retention(1, 2, 3, 4, 5, 6, Duration.ofDays(14), ZoneId.of("Europe/Berlin")));
        assertThat(options("--keep-daily=3").retention(7))
                .isEqualTo(new Retention(7, 0, 3, 0, 0, 0, null, ZoneOffset.UTC));
    }

    @ParameterizedTest
    @CsvSource({"36h, 36", "1D, 24", "2w, 336"})
    void aTimeIsInHoursDaysOrWeeks(String text, long hours) {
        assertThat(options("--keep-within", text).retention().within()).isEqualTo(Duration.ofHours(hours));
    }

    @ParameterizedTest
    @CsvSource({"14", "0d", "-3d", "1y", "14 d", "1234567d"})
    void whatIsNoTimeIsRefused(String text) {
        assertThatThrownBy(() -> options("--keep-within=" + text)).hasMessageContaining("is not a time in hours");
    }

    @Test
    void withoutARuleNothingIsAskedFor() {
        assertThat(options().given()).isFalse();
        assertThat(options("--time-zone=UTC").given()).isFalse();
        assertThat(options("--time-zone=UTC").mentioned()).isTrue();
        assertThat(options("--keep-daily=0").given()).isTrue();
        assertThatThrownBy(() -> options("--keep-last=1", "--keep-daily=0").retention())
                .isInstanceOf(CommandException.class)
                .hasMessage("--keep-daily 0: a rule keeps at least one point; leave it out to have no such rule");
    }
}
