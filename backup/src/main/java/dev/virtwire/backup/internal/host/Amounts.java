// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

/** Amounts, for sentences. */
public final class Amounts {
    private static final long MUCH = 10L << 30;

    private Amounts() {}

    /** A size as errors have it: whole MiB. */
    public static String mebibytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }

    /** A size of disks or file systems: whole MiB, or whole GiB if it is large. */
    public static String bytes(long bytes) {
        if (bytes >= MUCH) {
            return (bytes >> 30) + " GiB";
        }
        return bytes == 0 || bytes >= 1 << 20 ? mebibytes(bytes) : "less than 1 MiB";
    }

    /** A count with its noun, in the plural unless it is one. */
    public static String count(long count, String noun) {
        return count + " " + noun + (count == 1 ? "" : "s");
    }
}
