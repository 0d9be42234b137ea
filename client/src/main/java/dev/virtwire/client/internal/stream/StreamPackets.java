// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.message.MessageHeader;
import dev.virtwire.protocol.message.MessageStatus;
import dev.virtwire.protocol.message.MessageType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;

/** Makes the packets of one stream: they repeat the program, procedure and serial of the call that opened it. */
final class StreamPackets {
    /** What fits into one packet: libvirt's 256 KiB for the message without length word and header, less 24 bytes. */
    static final int MOST_DATA = 262_120;

    private static final int FRAME_BYTES = 4 + MessageHeader.BYTES;
    private static final int HOLE_BYTES = 12;

    private final ByteBufAllocator allocator;
    private final Procedure<?, ?> procedure;
    private final int serial;

    StreamPackets(ByteBufAllocator allocator, Procedure<?, ?> procedure, int serial) {
        this.allocator = allocator;
        this.procedure = procedure;
        this.serial = serial;
    }

    /** As much of {@code source} as a packet holds, which is taken from it. */
    ByteBuf data(ByteBuffer source) {
        int length = Math.min(source.remaining(), MOST_DATA);
        ByteBuf packet = packet(MessageType.STREAM, MessageStatus.CONTINUE, length);
        packet.writeBytes(source.slice().limit(length));
        source.position(source.position() + length);
        return packet;
    }

    ByteBuf hole(long length) {
        return packet(MessageType.STREAM_HOLE, MessageStatus.CONTINUE, HOLE_BYTES)
                .writeLong(length)
                .writeInt(0);
    }

    ByteBuf finish() {
        return packet(MessageType.STREAM, MessageStatus.OK, 0);
    }

    /** Without a body: the server says what it wants of it. */
    ByteBuf abort() {
        return packet(MessageType.STREAM, MessageStatus.ERROR, 0);
    }

    private ByteBuf packet(int type, int status, int bodyBytes) {
        ByteBuf packet = allocator.ioBuffer(FRAME_BYTES + bodyBytes, FRAME_BYTES + bodyBytes);
        packet.writeInt(FRAME_BYTES + bodyBytes);
        new MessageHeader(procedure.program(), procedure.version(), procedure.number(), type, serial, status)
                .write(packet);
        return packet;
    }
}
