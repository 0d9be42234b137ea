// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a rate in bytes a second, such as {@code 512K} or {@code 20M}: each letter is 1024 times the one before. */
final class RateConverter implements ITypeConverter<Long> {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,15})([KMGT]?)(?:I?B)?(?:/S)?");
    private static final String UNITS = "KMGT";
    private static final int STEP_BITS = 10;

    @Override
    public Long convert(String value) {
        Matcher matcher = FORM.matcher(value.toUpperCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new TypeConversionException("'" + value + "' is not a rate in bytes a second, such as 512K or 20M");
        }
        long number = Long.parseLong(matcher.group(1));
        int bits = matcher.group(2).isEmpty() ? 0 : STEP_BITS * (UNITS.indexOf(matcher.group(2)) + 1);
        if (number == 0 || number > Long.MAX_VALUE >> bits) {
            throw new TypeConversionException("'" + value + "' is not from 1 byte to 8 EiB a second");
        }
        return number << bits;
    }
}
