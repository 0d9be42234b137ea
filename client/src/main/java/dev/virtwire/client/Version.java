// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version as libvirt counts it.
 *
 * @param major the first number
 * @param minor the second
 * @param release the third
 * @since 0.1
 */
public record Version(int major, int minor, int release) implements Comparable<Version> {
    private static final long MAJOR = 1_000_000;
    private static final long MINOR = 1_000;
    private static final Pattern WRITTEN = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})\\.(\\d{1,4})");

    /** The version of libvirt's single number, {@code major * 1,000,000 + minor * 1,000 + release}. */
    public static Version of(long number) {
        return new Version((int) (number / MAJOR), (int) (number / MINOR % MINOR), (int) (number % MINOR));
    }

    /**
     * The version that is written so, as {@code 9.0.0}.
     *
     * @throws IllegalArgumentException if it is not three numbers with dots between
     */
    public static Version parse(String text) {
        Matcher numbers = WRITTEN.matcher(text);
        if (!numbers.matches()) {
            throw new IllegalArgumentException("\"" + text + "\" is no version: three numbers with dots between are");
        }
        return new Version(
                Integer.parseInt(numbers.group(1)),
                Integer.parseInt(numbers.group(2)),
                Integer.parseInt(numbers.group(3)));
    }

    @Override
    public int compareTo(Version other) {
        return Long.compare(number(), other.number());
    }

    private long number() {
        return major * MAJOR + minor * MINOR + release;
    }

    /** With dots between, as {@code 9.0.0}. */
    @Override
    public String toString() {
        return major + "." + minor + "." + release;
    }
}
