// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import java.nio.ByteBuffer;

/** Fills buffers with zeros. */
public final class Zeros {
    private static final byte[] ZEROS = new byte[64 << 10];

    private Zeros() {}

    /** Puts {@code length} zeros at the buffer's position. */
    public static void put(ByteBuffer destination, long length) {
        for (long left = length; left > 0; ) {
            int count = (int) Math.min(left, ZEROS.length);
            destination.put(ZEROS, 0, count);
            left -= count;
        }
    }
}
