// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.wire;

import dev.virtwire.client.ProtocolException;
import dev.virtwire.client.internal.text.PeerText;
import dev.virtwire.protocol.message.MessageHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Cuts the byte stream into frames: a length word that counts itself, then header and payload. Emits each frame without
 * its length word. A length that no frame can have is refused before anything is allocated for it.
 */
public final class FrameDecoder extends ByteToMessageDecoder {
    /** The largest frame after its length word. */
    public static final int MOST_BYTES = 33_554_432;

    private static final int LENGTH_WORD = 4;

    /** No character begins with this byte or a higher one. */
    private static final int MORE_THAN_UTF8 = 0xf5;

    /** Whether no part of a frame waits for its rest. */
    public boolean isEmpty() {
        return actualReadableBytes() == 0;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> frames) {
        if (in.readableBytes() < LENGTH_WORD) {
            return;
        }
        long length = in.getUnsignedInt(in.readerIndex());
        if (length < LENGTH_WORD + MessageHeader.BYTES) {
            throw refuse(in, "a frame of " + length + " bytes is shorter than its header");
        }
        if (length > LENGTH_WORD + MOST_BYTES) {
            if (isText(in)) {
                String text = PeerText.shown(in.toString(StandardCharsets.UTF_8));
                throw refuse(
                        in,
                        "the remote side printed text instead of libvirt's protocol: '%s'; for ssh, nothing that the user's shell runs at login may print anything if the shell is not interactive"
                                .formatted(text));
            }
            throw refuse(
                    in,
                    "a frame of " + length + " bytes is longer than the " + (LENGTH_WORD + MOST_BYTES)
                            + " that the protocol allows");
        }
        if (in.readableBytes() >= length) {
            in.skipBytes(LENGTH_WORD);
            frames.add(in.readRetainedSlice((int) length - LENGTH_WORD));
        }
    }

    /** Whether what should be a length is four letters; any text is too large a length. */
    private static boolean isText(ByteBuf in) {
        return in.forEachByte(in.readerIndex(), LENGTH_WORD, FrameDecoder::isOfText) < 0;
    }

    /** Whether the byte may be part of a text in UTF-8, with line ends and a terminal's colours. */
    private static boolean isOfText(byte letter) {
        boolean ofSeveral = letter < 0 && (letter & 0xff) < MORE_THAN_UTF8;
        return ofSeveral || (letter >= ' ' && letter != 0x7f) || "\t\n\r\33".indexOf(letter) >= 0;
    }

    private static ProtocolException refuse(ByteBuf in, String message) {
        // Nothing behind a bad length can be trusted, and a decoder must not be offered it again.
        in.skipBytes(in.readableBytes());
        return new ProtocolException(message);
    }
}
