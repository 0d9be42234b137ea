// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.keepalive.KeepaliveProcedures;
import dev.virtwire.testkit.ScriptedLibvirtd.Reaction;
import dev.virtwire.xdr.XdrReader;
import dev.virtwire.xdr.XdrWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import org.jspecify.annotations.Nullable;

/** One client of a {@link ScriptedLibvirtd}. */
final class ScriptedConnection {
    private static final int HEADER_BYTES = 28;
    private static final int MOST_BYTES = 33_554_432 + 4;

    /** The types and states of messages. */
    private static final int CALL = 0;

    private static final int REPLY = 1;
    private static final int MESSAGE = 2;
    private static final int OK = 0;
    private static final int ERROR = 1;

    private static final int FROM_RPC = 7;
    private static final int LEVEL_ERROR = 2;
    private static final int MOST_TEXT = 4 << 20;

    private record Header(int program, int version, int procedure, int type, int serial, int status) {
        Header reply(int replyStatus) {
            return new Header(program, version, procedure, REPLY, serial, replyStatus);
        }
    }

    private final ScriptedLibvirtd libvirtd;
    private final Socket socket;

    ScriptedConnection(ScriptedLibvirtd libvirtd, Socket socket) {
        this.libvirtd = libvirtd;
        this.socket = socket;
    }

    static void daemon(Runnable task) {
        Thread thread = new Thread(task, "scripted-libvirtd");
        thread.setDaemon(true);
        thread.start();
    }

    /** Reads until one of both hangs up. */
    void serve() {
        try {
            DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            while (true) {
                int length = in.readInt();
                if (length < HEADER_BYTES || length > MOST_BYTES) {
                    throw new IOException("a frame of " + length + " bytes");
                }
                Header header =
                        new Header(in.readInt(), in.readInt(), in.readInt(), in.readInt(), in.readInt(), in.readInt());
                ByteBuf body = Unpooled.wrappedBuffer(in.readNBytes(length - HEADER_BYTES));
                if (header.program() == KeepaliveProcedures.PING.program()) {
                    answerPing(header);
                } else if (header.type() == CALL) {
                    called(header, body);
                }
            }
        } catch (IOException e) {
            // The client has hung up, this side has, or what came is no message: in each case it is over.
        } finally {
            close();
        }
    }

    <T> void send(EventMessage<T> message, T event) {
        ByteBuf body = Unpooled.buffer();
        message.body().encode(new XdrWriter(body), event);
        try {
            write(new Header(message.program(), message.version(), message.number(), MESSAGE, 0, OK), body);
        } catch (IOException e) {
            close();
        }
    }

    void close() {
        libvirtd.gone(this);
        try {
            socket.close();
        } catch (IOException e) {
            throw new TestkitException("a connection cannot be closed: " + e.getMessage(), e);
        }
    }

    private void answerPing(Header header) throws IOException {
        if (header.procedure() == KeepaliveProcedures.PING.number()) {
            EventMessage<Void> pong = KeepaliveProcedures.PONG;
            write(new Header(pong.program(), pong.version(), pong.number(), MESSAGE, 0, OK), Unpooled.EMPTY_BUFFER);
        }
    }

    private void called(Header header, ByteBuf arguments) throws IOException {
        Reaction reaction = libvirtd.called(new ScriptedLibvirtd.Key(header.program(), header.procedure()));
        if (reaction == null) {
            String text = "this function is not supported by the scripted libvirtd: procedure " + header.procedure()
                    + " of program 0x" + Integer.toHexString(header.program());
            fail(header, ErrorCode.NO_SUPPORT, text);
        } else if (reaction instanceof Reaction.Body body) {
            write(header.reply(OK), Unpooled.wrappedBuffer(body.bytes().duplicate()));
        } else if (reaction instanceof Reaction.HangUp) {
            close();
        } else if (reaction instanceof Reaction.Answer<?, ?> answer) {
            daemon(() -> answer(header, arguments, answer));
        }
    }

    private <A, R> void answer(Header header, ByteBuf arguments, Reaction.Answer<A, R> answer) {
        try {
            ByteBuf result = Unpooled.buffer();
            try {
                encode(answer, answer.function().apply(decode(answer, arguments)), result);
            } catch (ScriptedError e) {
                fail(header, e.code(), String.valueOf(e.getMessage()));
                return;
            }
            write(header.reply(OK), result);
        } catch (IOException e) {
            // The client has gone meanwhile.
        } catch (RuntimeException e) {
            close();
            throw new TestkitException(
                    "the script has no good answer to " + answer.procedure().name(), e);
        }
    }

    private static <A> A decode(Reaction.Answer<A, ?> answer, ByteBuf arguments) {
        return answer.procedure().arguments().decode(new XdrReader(arguments));
    }

    @SuppressWarnings("NullAway") // The result of a procedure without one is null, and so is Void's only value.
    private static <R> void encode(Reaction.Answer<?, R> answer, @Nullable R value, ByteBuf result) {
        answer.procedure().result().encode(new XdrWriter(result), value);
    }

    private void fail(Header header, ErrorCode code, String message) throws IOException {
        ByteBuf error = Unpooled.buffer();
        XdrWriter writer = new XdrWriter(error);
        writer.writeInt(code.value(), "code");
        writer.writeInt(FROM_RPC, "domain");
        writer.writeOptional(true, "message");
        writer.writeString(message, MOST_TEXT, "message");
        writer.writeInt(LEVEL_ERROR, "level");
        // No domain, no further strings, no numbers, no network.
        for (int absent = 0; absent < 7; absent++) {
            writer.writeInt(0, "absent");
        }
        write(header.reply(ERROR), error);
    }

    private void write(Header header, ByteBuf body) throws IOException {
        ByteBuf frame = Unpooled.buffer(HEADER_BYTES + body.readableBytes());
        frame.writeInt(HEADER_BYTES + body.readableBytes());
        for (int word : new int[] {
            header.program(), header.version(), header.procedure(), header.type(), header.serial(), header.status()
        }) {
            frame.writeInt(word);
        }
        frame.writeBytes(body);
        synchronized (socket) {
            OutputStream out = socket.getOutputStream();
            out.write(frame.array(), frame.arrayOffset() + frame.readerIndex(), frame.readableBytes());
            out.flush();
        }
    }
}
