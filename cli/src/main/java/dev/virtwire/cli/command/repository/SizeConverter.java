// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a size in bytes, such as {@code 512M} or {@code 20G}: each letter is 1024 times the one before. */
final class SizeConverter implements ITypeConverter<Long> {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,15})([KMGT]?)(?:I?B)?");
    private static final String UNITS = "KMGT";
    private static final int STEP_BITS = 10;

    @Override
    public Long convert(String value) {
        return bytes(value, value, "a size in bytes, such as 512M or 20G", "");
    }

    /**
     * The bytes that {@code number} says; what is refused is {@code value}.
     *
     * @param what what it is not, then
     * @param unit what follows the number of bytes
     */
    static long bytes(String number, String value, String what, String unit) {
        Matcher matcher = FORM.matcher(number.toUpperCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new TypeConversionException("'" + value + "' is not " + what);
        }
        long count = Long.parseLong(matcher.group(1));
        int bits = matcher.group(2).isEmpty() ? 0 : STEP_BITS * (UNITS.indexOf(matcher.group(2)) + 1);
        if (count == 0 || count > Long.MAX_VALUE >> bits) {
            throw new TypeConversionException("'" + value + "' is not from 1 byte to 8 EiB" + unit);
        }
        return count << bits;
    }
}
