// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.xdr;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.List;
import java.util.UUID;

/**
 * Appends XDR to a buffer. Does not own the buffer: the caller releases it.
 *
 * <p>Every method takes the field's name, which its error messages use, and checks the value against the bound before
 * it writes.
 *
 * @since 0.1
 */
public final class XdrWriter {
    private final ByteBuf buffer;

    /** Appends to {@code buffer}, which stays the caller's. */
    public XdrWriter(ByteBuf buffer) {
        this.buffer = buffer;
    }

    /** A signed 32-bit integer, or an enum's number. */
    public void writeInt(int value, String field) {
        buffer.writeInt(value);
    }

    /** An unsigned 32-bit integer, 0 to 2³²−1. */
    public void writeUnsignedInt(long value, String field) {
        range(value, 0, 0xffff_ffffL, field);
        buffer.writeInt((int) value);
    }

    /** A signed 64-bit integer, or the bits of an unsigned one. */
    public void writeLong(long value, String field) {
        buffer.writeLong(value);
    }

    /** An IEEE 754 double. */
    public void writeDouble(double value, String field) {
        buffer.writeDouble(value);
    }

    /** An unsigned char, 0 to 255, in four bytes. */
    public void writeUnsignedChar(int value, String field) {
        range(value, 0, 0xff, field);
        buffer.writeInt(value);
    }

    /** A signed char, −128 to 127, in four bytes. */
    public void writeChar(int value, String field) {
        range(value, Byte.MIN_VALUE, Byte.MAX_VALUE, field);
        buffer.writeInt(value);
    }

    /** An unsigned short, 0 to 65535, in four bytes. */
    public void writeUnsignedShort(int value, String field) {
        range(value, 0, 0xffff, field);
        buffer.writeInt(value);
    }

    /** Whether an optional value follows. */
    public void writeOptional(boolean present, String field) {
        buffer.writeInt(present ? 1 : 0);
    }

    /** A string of at most {@code bound} bytes of UTF-8, without a NUL, and with both halves of each surrogate pair. */
    public void writeString(String value, int bound, String field) {
        int length = utf8Bytes(value, field);
        checkBound(length, bound, "bytes", field);
        buffer.writeInt(length);
        ByteBufUtil.reserveAndWriteUtf8(buffer, value, length);
        buffer.writeZero(XdrReader.padding(length));
    }

    /** Opaque bytes, at most {@code bound}. */
    public void writeOpaque(byte[] value, int bound, String field) {
        checkBound(value.length, bound, "bytes", field);
        buffer.writeInt(value.length);
        writeBytes(value);
    }

    /** Exactly {@code length} opaque bytes. */
    public void writeFixedOpaque(byte[] value, int length, String field) {
        checkExact(value.length, length, "bytes", field);
        writeBytes(value);
    }

    /** A UUID: 16 opaque bytes in the order in which it is printed. */
    public void writeUuid(UUID value, String field) {
        buffer.writeLong(value.getMostSignificantBits());
        buffer.writeLong(value.getLeastSignificantBits());
    }

    /** At most {@code bound} chars, four bytes each. */
    public void writeChars(byte[] value, int bound, String field) {
        writeArrayLength(value.length, bound, field);
        writeWide(value);
    }

    /** Exactly {@code length} chars, four bytes each. */
    public void writeFixedChars(byte[] value, int length, String field) {
        checkExact(value.length, length, "chars", field);
        writeWide(value);
    }

    /** The count of an array, whose elements the caller writes next. */
    public void writeArrayLength(int count, int bound, String field) {
        checkBound(count, bound, "elements", field);
        buffer.writeInt(count);
    }

    /** A value by its codec. An error in it names the whole way from this field on. */
    public <T> void writeValue(XdrCodec<T> codec, T value, String field) {
        try {
            codec.encode(this, value);
        } catch (XdrException e) {
            throw e.within(field);
        }
    }

    /** An array of at most {@code bound} values by their codec. An error in one names its index. */
    public <T> void writeArray(XdrCodec<T> codec, List<T> values, int bound, String field) {
        writeArrayLength(values.size(), bound, field);
        int index = 0;
        try {
            for (T value : values) {
                codec.encode(this, value);
                index++;
            }
        } catch (XdrException e) {
            throw e.within(field + "[" + index + "]");
        }
    }

    /** How many bytes a string takes; refuses what would arrive as another one. */
    private static int utf8Bytes(String value, String field) {
        int bytes = value.length();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == 0) {
                throw new XdrException(field, "a NUL character at position " + i);
            }
            if (c >= 0x80) {
                bytes += c < 0x800 ? 1 : 2;
                if (Character.isSurrogate(c)) {
                    if (Character.isLowSurrogate(c)
                            || i + 1 == value.length()
                            || !Character.isLowSurrogate(value.charAt(i + 1))) {
                        throw new XdrException(field, "half a surrogate pair at position " + i);
                    }
                    // Both halves together take four bytes, and two were counted for each.
                    i++;
                }
            }
        }
        return bytes;
    }

    private void writeBytes(byte[] value) {
        buffer.writeBytes(value);
        buffer.writeZero(XdrReader.padding(value.length));
    }

    private void writeWide(byte[] value) {
        for (byte b : value) {
            buffer.writeInt(b);
        }
    }

    private static void checkBound(int length, int bound, String unit, String field) {
        if (length > bound) {
            throw new XdrException(field, length + " " + unit + " exceed the bound of " + bound);
        }
    }

    private static void checkExact(int length, int expected, String unit, String field) {
        if (length != expected) {
            throw new XdrException(field, length + " " + unit + " where " + expected + " are needed");
        }
    }

    private static void range(long value, long low, long high, String field) {
        if (value < low || value > high) {
            throw new XdrException(field, value + " is outside " + low + " to " + high);
        }
    }
}
