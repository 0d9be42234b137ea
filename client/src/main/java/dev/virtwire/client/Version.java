// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

/**
 * A version as libvirt counts it.
 *
 * @param major the first number
 * @param minor the second
 * @param release the third
 */
public record Version(int major, int minor, int release) implements Comparable<Version> {
    private static final long MAJOR = 1_000_000;
    private static final long MINOR = 1_000;

    /** The version of libvirt's single number, {@code major * 1,000,000 + minor * 1,000 + release}. */
    public static Version of(long number) {
        return new Version((int) (number / MAJOR), (int) (number / MINOR % MINOR), (int) (number % MINOR));
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
