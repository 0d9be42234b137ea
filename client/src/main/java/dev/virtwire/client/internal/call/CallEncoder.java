// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.internal.wire.FrameDecoder;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.message.MessageHeader;
import dev.virtwire.protocol.message.MessageStatus;
import dev.virtwire.protocol.message.MessageType;
import dev.virtwire.xdr.XdrException;
import dev.virtwire.xdr.XdrWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** Makes the frame of a call: length, header, arguments. */
final class CallEncoder {
    /** An initial guess that holds most calls; XML makes it grow. */
    private static final int USUAL_BYTES = 256;

    private CallEncoder() {}

    /**
     * The frame.
     *
     * @throws XdrException if an argument breaks a bound of the protocol
     */
    static <A> ByteBuf encode(ByteBufAllocator allocator, Procedure<A, ?> procedure, A arguments, int serial) {
        ByteBuf frame = allocator.buffer(USUAL_BYTES);
        boolean complete = false;
        try {
            frame.writeInt(0);
            new MessageHeader(
                            procedure.program(),
                            procedure.version(),
                            procedure.number(),
                            MessageType.CALL,
                            serial,
                            MessageStatus.OK)
                    .write(frame);
            procedure.arguments().encode(new XdrWriter(frame), arguments);
            if (frame.readableBytes() > FrameDecoder.MOST_BYTES) {
                throw new XdrException(
                        procedure.name(),
                        "its arguments take %d bytes, more than the %d of a message"
                                .formatted(frame.readableBytes(), FrameDecoder.MOST_BYTES));
            }
            frame.setInt(frame.readerIndex(), frame.readableBytes());
            complete = true;
            return frame;
        } finally {
            if (!complete) {
                frame.release();
            }
        }
    }
}
