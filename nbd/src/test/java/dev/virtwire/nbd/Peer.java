// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import dev.virtwire.nbd.NbdExport.Replies;
import dev.virtwire.nbd.internal.TlsChannel;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SSLEngine;

/** The server's end of a connection, in the words of the protocol; can say anything, sensible or not. */
final class Peer {
    /** The size that {@link #negotiate(Replies, String...)} tells. */
    static final long SIZE = 1 << 20;

    static final int DONE = 1;

    /** A request as it came. */
    record Request(int type, long cookie, long offset, long length) {}

    /** An option as it came. */
    record Option(int number, byte[] data) {}

    private final SocketChannel socket;
    private ByteChannel channel;
    private final ByteBuffer ahead = ByteBuffer.allocate(1);
    private Random spoiler;
    private Replies replies = Replies.SIMPLE;

    Peer(SocketChannel socket) {
        this.socket = socket;
        this.channel = socket;
    }

    // ---- bytes

    /** From now on, some of what is sent is damaged: bits flipped, bytes missing, bytes too many. */
    void spoil(Random random) {
        spoiler = random;
    }

    void send(ByteBuffer message) throws IOException {
        message.flip();
        if (spoiler != null && message.hasRemaining() && spoiler.nextInt(6) == 0) {
            int at = spoiler.nextInt(message.limit());
            switch (spoiler.nextInt(8)) {
                case 0 -> message.limit(at);
                case 1 -> message.position(at);
                default -> message.put(at, (byte) (message.get(at) ^ 1 << spoiler.nextInt(8)));
            }
        }
        while (message.hasRemaining()) {
            channel.write(message);
        }
    }

    static ByteBuffer bytes(int capacity) {
        return ByteBuffer.allocate(capacity);
    }

    ByteBuffer receive(int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        if (count > 0) {
            buffer.put(ahead.flip());
            ahead.clear();
        }
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("the client has gone");
            }
        }
        return buffer.flip();
    }

    /** Waits until the client closes the connection, and throws away what it sends. */
    void awaitEnd() {
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        try {
            while (channel.read(buffer.clear()) >= 0) {
                continue;
            }
        } catch (IOException e) {
            // A client that closes with bytes unread resets the connection: that is an end as well.
            return;
        }
    }

    /** Agrees to TLS and continues in it. */
    void startTls(SSLEngine engine) throws IOException {
        greet();
        option();
        reply(5, 1);
        channel = TlsChannel.start(channel, engine);
    }

    // ---- negotiation

    void greet() throws IOException {
        send(bytes(18).putLong(0x4e42444d41474943L).putLong(0x49484156454F5054L).putShort((short) 3));
        receive(4);
    }

    Option option() throws IOException {
        ByteBuffer header = receive(16);
        header.getLong();
        int number = header.getInt();
        return new Option(number, receive(header.getInt()).array());
    }

    void reply(int option, int type, byte... data) throws IOException {
        send(bytes(20 + data.length)
                .putLong(0x3e889045565a9L)
                .putInt(option)
                .putInt(type)
                .putInt(data.length)
                .put(data));
    }

    void refuse(int option, int type, String text) throws IOException {
        reply(option, type, text.getBytes(StandardCharsets.UTF_8));
    }

    void export(long size, int flags) throws IOException {
        reply(
                7,
                3,
                bytes(12)
                        .putShort((short) 0)
                        .putLong(size)
                        .putShort((short) flags)
                        .array());
    }

    void blockSizes(int minimum, int preferred, int maximum) throws IOException {
        reply(
                7,
                3,
                bytes(14)
                        .putShort((short) 3)
                        .putInt(minimum)
                        .putInt(preferred)
                        .putInt(maximum)
                        .array());
    }

    void context(int option, int id, String name) throws IOException {
        byte[] encoded = name.getBytes(StandardCharsets.UTF_8);
        reply(option, 4, bytes(4 + encoded.length).putInt(id).put(encoded).array());
    }

    /** Greets, and agrees on the kind of replies; what comes next is the script's. */
    void negotiateReplies(Replies kind) throws IOException {
        if (channel == socket) {
            greet();
        }
        replies = kind;
        option();
        if (kind == Replies.EXTENDED) {
            reply(11, 1);
            return;
        }
        refuse(11, 0x8000_0001, "");
        option();
        if (kind == Replies.STRUCTURED) {
            reply(8, 1);
        } else {
            refuse(8, 0x8000_0001, "");
        }
    }

    /** Agrees on contexts, whose ids are 100, 101 …, if the client asks for some. */
    void negotiateContexts(String... contexts) throws IOException {
        if (contexts.length == 0) {
            return;
        }
        option();
        for (int i = 0; i < contexts.length; i++) {
            context(10, 100 + i, contexts[i]);
        }
        reply(10, 1);
    }

    /** All of a sensible negotiation, for an export of 1 MiB. */
    void negotiate(Replies kind, String... contexts) throws IOException {
        negotiate(kind, SIZE, contexts);
    }

    /** All of a sensible negotiation. */
    void negotiate(Replies kind, long size, String... contexts) throws IOException {
        negotiateReplies(kind);
        negotiateContexts(contexts);
        option();
        export(size, 0x103);
        reply(7, 1);
    }

    // ---- transmission

    Request request() throws IOException {
        ByteBuffer header = receive(replies == Replies.EXTENDED ? 32 : 28);
        int magic = header.getInt();
        int expected = replies == Replies.EXTENDED ? 0x21e41c71 : 0x25609513;
        if (magic != expected) {
            throw new IOException(String.format("request magic 0x%08x", magic));
        }
        int flags = header.getShort();
        int type = header.getShort();
        if (flags != 0) {
            throw new IOException("request flags " + flags);
        }
        long cookie = header.getLong();
        long offset = header.getLong();
        long length = replies == Replies.EXTENDED ? header.getLong() : Integer.toUnsignedLong(header.getInt());
        return new Request(type, cookie, offset, length);
    }

    /** Whether a request has come that was not taken yet; holds on to the byte that tells. */
    boolean hasInput() throws IOException {
        if (ahead.position() == 0) {
            socket.configureBlocking(false);
            try {
                socket.read(ahead);
            } finally {
                socket.configureBlocking(true);
            }
        }
        return ahead.position() > 0;
    }

    List<Request> requests(int count) throws IOException {
        List<Request> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(request());
        }
        return all;
    }

    void simple(long cookie, int error) throws IOException {
        send(bytes(16).putInt(0x67446698).putInt(error).putLong(cookie));
    }

    /** The header of a chunk, structured or extended. */
    void chunkHeader(Request to, int flags, int type, long length) throws IOException {
        chunkHeader(to.cookie(), to.offset(), flags, type, length);
    }

    void chunkHeader(long cookie, long offset, int flags, int type, long length) throws IOException {
        ByteBuffer header = bytes(32)
                .putInt(replies == Replies.EXTENDED ? 0x6e8a278c : 0x668e33ef)
                .putShort((short) flags)
                .putShort((short) type)
                .putLong(cookie);
        if (replies == Replies.EXTENDED) {
            header.putLong(offset).putLong(length);
        } else {
            header.putInt((int) length);
        }
        send(header);
    }

    void data(Request to, int flags, long offset, byte[] data) throws IOException {
        chunkHeader(to, flags, 1, 8 + data.length);
        send(bytes(8 + data.length).putLong(offset).put(data));
    }

    void hole(Request to, int flags, long offset, int length) throws IOException {
        chunkHeader(to, flags, 2, 12);
        send(bytes(12).putLong(offset).putInt(length));
    }

    void none(Request to) throws IOException {
        chunkHeader(to, DONE, 0, 0);
    }

    void error(Request to, int flags, int error, String text) throws IOException {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        chunkHeader(to, flags, 0x8001, 6 + encoded.length);
        send(bytes(6 + encoded.length)
                .putInt(error)
                .putShort((short) encoded.length)
                .put(encoded));
    }

    void errorAt(Request to, int flags, int error, String text, long offset) throws IOException {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        chunkHeader(to, flags, 0x8002, 14 + encoded.length);
        send(bytes(14 + encoded.length)
                .putInt(error)
                .putShort((short) encoded.length)
                .put(encoded)
                .putLong(offset));
    }

    /** Extents as pairs of length and flags. */
    void status(Request to, int flags, int context, long... extents) throws IOException {
        boolean extended = replies == Replies.EXTENDED;
        int length = extended ? 8 + extents.length * 8 : 4 + extents.length * 4;
        chunkHeader(to, flags, extended ? 6 : 5, length);
        ByteBuffer payload = bytes(length).putInt(context);
        if (extended) {
            payload.putInt(extents.length / 2);
        }
        for (long value : extents) {
            if (extended) {
                payload.putLong(value);
            } else {
                payload.putInt((int) value);
            }
        }
        send(payload);
    }

    /** Bytes that tell where in the export they belong. */
    static byte[] content(long offset, int length) {
        byte[] content = new byte[length];
        for (int i = 0; i < length; i++) {
            long at = offset + i;
            content[i] = (byte) (at * 31 + (at >>> 8) * 7 + (at >>> 16));
        }
        return content;
    }
}
