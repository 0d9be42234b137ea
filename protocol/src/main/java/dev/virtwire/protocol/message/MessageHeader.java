// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol.message;

import io.netty.buffer.ByteBuf;

/**
 * The six words before every payload ({@code virNetMessageHeader}).
 *
 * @param program whose procedure it is
 * @param version the program's version
 * @param procedure the procedure's number
 * @param type one of {@link MessageType}
 * @param serial chosen by the client, echoed by the server; an event's has no meaning
 * @param status one of {@link MessageStatus}
 * @since 0.1
 */
public record MessageHeader(int program, int version, int procedure, int type, int serial, int status) {
    /** Bytes on the wire. */
    public static final int BYTES = 24;

    /** Reads a header; the buffer holds at least {@link #BYTES}. */
    public static MessageHeader read(ByteBuf buffer) {
        return new MessageHeader(
                buffer.readInt(),
                buffer.readInt(),
                buffer.readInt(),
                buffer.readInt(),
                buffer.readInt(),
                buffer.readInt());
    }

    /** Appends the header. */
    public void write(ByteBuf buffer) {
        buffer.writeInt(program)
                .writeInt(version)
                .writeInt(procedure)
                .writeInt(type)
                .writeInt(serial)
                .writeInt(status);
    }
}
