// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Writes seeds field by field, in network order. */
final class Bytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Bytes u8(int... values) {
        for (int value : values) {
            out.write(value);
        }
        return this;
    }

    Bytes u16(int value) {
        return u8(value >>> 8, value);
    }

    Bytes u32(int... values) {
        for (int value : values) {
            out.writeBytes(ByteBuffer.allocate(4).putInt(value).array());
        }
        return this;
    }

    Bytes u64(long... values) {
        for (long value : values) {
            out.writeBytes(ByteBuffer.allocate(8).putLong(value).array());
        }
        return this;
    }

    Bytes text(String text) {
        return raw(text.getBytes(StandardCharsets.UTF_8));
    }

    /** An XDR string: length, bytes, padding. */
    Bytes string(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return u32(bytes.length).raw(bytes).raw(new byte[-bytes.length & 3]);
    }

    Bytes raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    byte[] done() {
        return out.toByteArray();
    }
}
