// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a size: bytes, or with K, M, G or T powers of 1024, as qemu-img does. */
final class SizeConverter implements ITypeConverter<Long> {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,15})([KMGT]?)");

    @Override
    public Long convert(String value) {
        Matcher size = SIZE.matcher(value);
        if (!size.matches() || Long.parseLong(size.group(1)) == 0) {
            throw new TypeConversionException("'" + value + "' is no size, such as 512M or 20G");
        }
        int unit = size.group(2).isEmpty() ? 0 : 1 + "KMGT".indexOf(size.group(2));
        try {
            return Math.multiplyExact(Long.parseLong(size.group(1)), 1L << (10 * unit));
        } catch (ArithmeticException e) {
            throw new TypeConversionException("'" + value + "' is larger than any disk");
        }
    }
}
