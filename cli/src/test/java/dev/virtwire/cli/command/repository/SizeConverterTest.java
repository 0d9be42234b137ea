// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class SizeConverterTest {
    private final SizeConverter converter = new SizeConverter();

    @ParameterizedTest
    @CsvSource({"1, 1", "512K, 524288", "20M, 20971520", "20m, 20971520", "20MiB, 20971520", "1GB, 1073741824"})
    @CsvSource({"2T, 2199023255552"})
    void lettersStandForPowersOf1024(String text, long bytes) {
        assertThat(converter.convert(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "M", "-1", "0", "1.5M", "20X", "20 M", "1G/s", "999999999999999T", "1000000000000000000000"})
    void whatIsNoSizeIsRefused(String text) {
        assertThatThrownBy(() -> converter.convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageStartingWith("'" + text + "' is not ");
    }
}
