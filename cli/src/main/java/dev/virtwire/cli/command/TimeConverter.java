// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads how long to wait: {@code 90s}, {@code 10m}, {@code 2h}, or {@code 0} for not at all. */
public final class TimeConverter implements ITypeConverter<Duration> {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,6})([smhdw])");

    @Override
    public Duration convert(String value) {
        return value.equals("0")
                ? Duration.ZERO
                : read(value, "smh", "a time in seconds, minutes or hours, such as 90s, 10m or 2h");
    }

    /**
     * The time that a number and a unit say.
     *
     * @param units the letters of the units that may be
     * @param what what it is not, if it is something else
     */
    public static Duration read(String value, String units, String what) {
        Matcher matcher = FORM.matcher(value.toLowerCase(Locale.ROOT));
        if (!matcher.matches() || !units.contains(matcher.group(2))) {
            throw new TypeConversionException("'" + value + "' is not " + what);
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            case "d" -> Duration.ofDays(number);
            default -> Duration.ofDays(7 * number);
        };
    }
}
