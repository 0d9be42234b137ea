// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;

/** Reads a rate in bytes a second, such as {@code 512K} or {@code 20M}: each letter is 1024 times the one before. */
final class RateConverter implements ITypeConverter<Long> {
    private static final Pattern A_SECOND = Pattern.compile("/[sS]$");

    @Override
    public Long convert(String value) {
        String number = A_SECOND.matcher(value).replaceFirst("");
        return SizeConverter.bytes(number, value, "a rate in bytes a second, such as 512K or 20M", " a second");
    }
}
