// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.xdr;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * Reads XDR from a buffer, from its reader index on. Does not own the buffer: the caller releases it.
 *
 * <p>Every method takes the field's name, which its error messages use. A length on the wire is checked against the
 * bound and against the bytes left before anything is allocated from it.
 *
 * @since 0.1
 */
public final class XdrReader {
    private final ByteBuf buffer;

    /** Reads from {@code buffer}, which stays the caller's. */
    public XdrReader(ByteBuf buffer) {
        this.buffer = buffer;
    }

    /** Bytes not read yet. */
    public int remaining() {
        return buffer.readableBytes();
    }

    /** A signed 32-bit integer; also an enum's number, for the caller to interpret. */
    public int readInt(String field) {
        require(4, field);
        return buffer.readInt();
    }

    /** An unsigned 32-bit integer, 0 to 2³²−1. */
    public long readUnsignedInt(String field) {
        require(4, field);
        return buffer.readUnsignedInt();
    }

    /** A signed 64-bit integer; for an unsigned one the same bits, see {@link Long#toUnsignedString(long)}. */
    public long readLong(String field) {
        require(8, field);
        return buffer.readLong();
    }

    /** An IEEE 754 double. */
    public double readDouble(String field) {
        require(8, field);
        return buffer.readDouble();
    }

    /** An unsigned char in its four bytes, 0 to 255: of a sign-extended one the low byte counts. */
    public int readUnsignedChar(String field) {
        return readInt(field) & 0xff;
    }

    /** A signed char in its four bytes, −128 to 127: the low byte counts. */
    public int readChar(String field) {
        return (byte) readInt(field);
    }

    /** An unsigned short in its four bytes, 0 to 65535: the low half counts. */
    public int readUnsignedShort(String field) {
        return readInt(field) & 0xffff;
    }

    /** Whether an optional value is present. */
    public boolean readOptional(String field) {
        int present = readInt(field);
        if (present != 0 && present != 1) {
            throw new XdrException(field, "optional marker is " + present + ", neither 0 nor 1");
        }
        return present == 1;
    }

    /** A string of at most {@code bound} bytes; bytes that are no UTF-8 become U+FFFD. */
    public String readString(int bound, String field) {
        int length = readPaddedLength(bound, field);
        String value = buffer.toString(buffer.readerIndex(), length, StandardCharsets.UTF_8);
        buffer.skipBytes(length + padding(length));
        return value;
    }

    /** Opaque bytes, at most {@code bound}. */
    public byte[] readOpaque(int bound, String field) {
        int length = readPaddedLength(bound, field);
        return readBytes(length);
    }

    /** Exactly {@code length} opaque bytes. */
    public byte[] readFixedOpaque(int length, String field) {
        require((long) length + padding(length), field);
        return readBytes(length);
    }

    /** A UUID: 16 opaque bytes in the order in which it is printed. */
    public UUID readUuid(String field) {
        require(16, field);
        return new UUID(buffer.readLong(), buffer.readLong());
    }

    /** At most {@code bound} chars of four bytes each, as one byte each. */
    public byte[] readChars(int bound, String field) {
        return readFixedChars(readArrayLength(bound, 4, field), field);
    }

    /** Exactly {@code length} chars of four bytes each, as one byte each. */
    public byte[] readFixedChars(int length, String field) {
        require(4L * length, field);
        byte[] chars = new byte[length];
        for (int i = 0; i < length; i++) {
            chars[i] = (byte) buffer.readInt();
        }
        return chars;
    }

    /**
     * The count of an array.
     *
     * @param bound the most elements that the type allows
     * @param elementBytes the fewest bytes that one element takes, so that a count is refused that the bytes left
     *     cannot hold
     */
    public int readArrayLength(int bound, int elementBytes, String field) {
        long count = readUnsignedInt(field);
        if (count > bound) {
            throw new XdrException(field, count + " elements exceed the bound of " + bound);
        }
        require(count * elementBytes, field);
        return (int) count;
    }

    /** Checks that everything was read. */
    public void expectEnd(String what) {
        if (buffer.isReadable()) {
            throw new XdrException(what, buffer.readableBytes() + " bytes left over at the end");
        }
    }

    private int readPaddedLength(int bound, String field) {
        long length = readUnsignedInt(field);
        if (length > bound) {
            throw new XdrException(field, length + " bytes exceed the bound of " + bound);
        }
        require(length + padding((int) length), field);
        return (int) length;
    }

    private byte[] readBytes(int length) {
        byte[] bytes = new byte[length];
        buffer.readBytes(bytes);
        buffer.skipBytes(padding(length));
        return bytes;
    }

    private void require(long bytes, String field) {
        int left = buffer.readableBytes();
        if (bytes > left) {
            throw new XdrException(field, "truncated, needs " + bytes + " bytes and " + left + " are left");
        }
    }

    static int padding(int length) {
        return -length & 3;
    }
}
