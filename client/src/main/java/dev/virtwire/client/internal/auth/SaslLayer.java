// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.auth;

import dev.virtwire.client.ProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageCodec;
import java.util.List;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslException;

/**
 * The security layer that SASL agreed on: everything travels in pieces, each a length word and so many encrypted and
 * signed bytes. libvirt's messages begin and end anywhere in them.
 */
final class SaslLayer extends ByteToMessageCodec<ByteBuf> {
    /** The largest piece that this side takes, as it has told the server. */
    static final int MOST_BYTES = 65_536;

    private static final int LENGTH_WORD = 4;

    private final SaslClient client;
    private final int mostToWrap;

    /**
     * Encrypts and decrypts by {@code client}.
     *
     * @param mostToWrap the most bytes that make a piece which the server takes
     */
    SaslLayer(SaslClient client, int mostToWrap) {
        this.client = client;
        this.mostToWrap = mostToWrap;
    }

    @Override
    protected void encode(ChannelHandlerContext context, ByteBuf message, ByteBuf out) throws SaslException {
        while (message.isReadable()) {
            byte[] piece = new byte[Math.min(mostToWrap, message.readableBytes())];
            message.readBytes(piece);
            byte[] wrapped = client.wrap(piece, 0, piece.length);
            out.writeInt(wrapped.length);
            out.writeBytes(wrapped);
        }
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (in.readableBytes() < LENGTH_WORD) {
            return;
        }
        long length = in.getUnsignedInt(in.readerIndex());
        if (length == 0 || length > MOST_BYTES) {
            in.skipBytes(in.readableBytes());
            throw new ProtocolException(
                    "a piece of %d bytes under SASL, where 1 to %d are agreed on".formatted(length, MOST_BYTES));
        }
        if (in.readableBytes() - LENGTH_WORD < length) {
            return;
        }
        in.skipBytes(LENGTH_WORD);
        byte[] wrapped = new byte[(int) length];
        in.readBytes(wrapped);
        byte[] plain;
        try {
            plain = client.unwrap(wrapped, 0, wrapped.length);
        } catch (SaslException e) {
            throw new ProtocolException("a piece that SASL cannot decrypt: " + e.getMessage(), e);
        }
        if (plain.length == 0) {
            // How the JDK says that a signature is wrong.
            throw new ProtocolException("a piece whose signature is wrong: somebody may have changed it on the way");
        }
        out.add(Unpooled.wrappedBuffer(plain));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        super.channelInactive(context);
        client.dispose();
    }
}
