// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.keepalive.KeepaliveProcedures;
import dev.virtwire.protocol.message.MessageHeader;
import dev.virtwire.protocol.message.MessageStatus;
import dev.virtwire.protocol.message.MessageType;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.testkit.ScriptedLibvirtd.Reaction;
import dev.virtwire.xdr.XdrReader;
import dev.virtwire.xdr.XdrWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * One client of a {@link ScriptedLibvirtd}. Of one that is {@link ScriptedLibvirtd#byHand led by hand} it is the
 * test's: it reads and writes each message itself, in its own order, bodies in hexadecimal digits. Its methods throw an
 * {@link UncheckedIOException} if the client has gone.
 *
 * @since 0.1
 */
public final class ScriptedConnection {
    /** The program of nearly all procedures. */
    public static final int REMOTE = ConnectProcedures.CONNECT_OPEN.program();

    /** The program of pings and pongs. */
    public static final int KEEPALIVE = KeepaliveProcedures.PING.program();

    private static final int FRAME_BYTES = Integer.BYTES + MessageHeader.BYTES;
    private static final int MOST_BYTES = 33_554_432 + 4;

    private static final int FROM_RPC = 7;
    private static final int FROM_QEMU = 10;
    private static final int LEVEL_ERROR = 2;
    private static final int MOST_TEXT = 4 << 20;

    /**
     * A message that came.
     *
     * @since 0.1
     */
    @SuppressWarnings("ArrayRecordComponent") // A test reads the bytes; it changes none, and no message equals another.
    public record Message(MessageHeader header, byte[] body) {
        /** The program's number. */
        public int program() {
            return header.program();
        }

        /** The procedure's number. */
        public int procedure() {
            return header.procedure();
        }

        /** One of {@link MessageType}. */
        public int type() {
            return header.type();
        }

        /** Chosen by the client. */
        public int serial() {
            return header.serial();
        }

        /** One of {@link MessageStatus}. */
        public int status() {
            return header.status();
        }

        ScriptedLibvirtd.Key key() {
            return new ScriptedLibvirtd.Key(program(), procedure());
        }
    }

    private final ScriptedLibvirtd libvirtd;
    private final Socket socket;
    private final DataInputStream in;

    ScriptedConnection(ScriptedLibvirtd libvirtd, Socket socket) throws IOException {
        this.libvirtd = libvirtd;
        this.socket = socket;
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    // ---- by hand

    /** The next message but keepalives and questions for features, which it answers. */
    public Message readCall() {
        while (true) {
            Message message = read();
            if (message.key().equals(ScriptedLibvirtd.Key.of(ConnectProcedures.CONNECT_SUPPORTS_FEATURE))) {
                answerByScript(message);
            } else if (message.program() != KEEPALIVE) {
                return message;
            }
        }
    }

    /** The next message, whatever it is. */
    public Message read() {
        try {
            return next();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Bytes that have come and were not read. */
    public int bytesWaiting() {
        try {
            return in.available();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the client has hung up; waits for that, or for a byte. */
    public boolean atEnd() {
        try {
            return in.read() < 0;
        } catch (IOException e) {
            return true;
        }
    }

    /** Answers a call with this result. */
    public void reply(Message call, String bodyHex) {
        frame(call.program(), call.procedure(), MessageType.REPLY, call.serial(), MessageStatus.OK, bodyHex);
    }

    /** Answers a call with an error of QEMU's driver. */
    public void fail(Message call, int code, String text) {
        fail(call, code, FROM_QEMU, text);
    }

    /** Answers a call with an error. */
    public void fail(Message call, int code, int domain, String text) {
        String bodyHex = ByteBufUtil.hexDump(error(code, domain, text));
        frame(call.program(), call.procedure(), MessageType.REPLY, call.serial(), MessageStatus.ERROR, bodyHex);
    }

    /** Sends any message. */
    public void frame(int program, int procedure, int type, int serial, int status, String bodyHex) {
        send(frame(
                new MessageHeader(program, 1, procedure, type, serial, status),
                Unpooled.wrappedBuffer(HexFormat.of().parseHex(bodyHex))));
    }

    /** Sends bytes that need not be a message. */
    public void raw(String hex) {
        send(HexFormat.of().parseHex(hex));
    }

    /** Closes the connection. */
    public void hangUp() {
        close();
    }

    /** An XDR number in hexadecimal digits. */
    public static String word(int value) {
        return HexFormat.of().toHexDigits(value);
    }

    /** An XDR string in hexadecimal digits. */
    public static String string(String text) {
        ByteBuf encoded = Unpooled.buffer();
        new XdrWriter(encoded).writeString(text, MOST_TEXT, "text");
        return ByteBufUtil.hexDump(encoded);
    }

    /** Answers what a client asks until it is connected. */
    void greet() {
        Message call;
        do {
            call = read();
            answerByScript(call);
        } while (!call.key().equals(ScriptedLibvirtd.Key.of(ConnectProcedures.CONNECT_OPEN)));
        // A client then asks whether the driver's end is told.
        answerByScript(read());
    }

    private void answerByScript(Message call) {
        if (libvirtd.called(call.key()) instanceof Reaction.Answer<?, ?> answer) {
            answer(call, answer);
        } else {
            throw new TestkitException("a greeting has no procedure " + call.procedure());
        }
    }

    private void send(byte[] bytes) {
        try {
            write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- by itself

    static void daemon(Runnable task) {
        Thread thread = new Thread(task, "scripted-libvirtd");
        thread.setDaemon(true);
        thread.start();
    }

    /** Reads and answers until one of both hangs up. */
    void serve() {
        try {
            while (true) {
                Message message = next();
                if (message.program() == KEEPALIVE) {
                    answerPing(message);
                } else if (message.type() == MessageType.CALL) {
                    called(message);
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
            write(unasked(message), body);
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

    private void answerPing(Message message) throws IOException {
        if (message.procedure() == KeepaliveProcedures.PING.number()) {
            write(unasked(KeepaliveProcedures.PONG), Unpooled.EMPTY_BUFFER);
        }
    }

    private static MessageHeader unasked(EventMessage<?> message) {
        return new MessageHeader(
                message.program(), message.version(), message.number(), MessageType.MESSAGE, 0, MessageStatus.OK);
    }

    private void called(Message call) throws IOException {
        Reaction reaction = libvirtd.called(call.key());
        if (reaction == null) {
            String text = "this function is not supported by the scripted libvirtd: procedure " + call.procedure()
                    + " of program 0x" + Integer.toHexString(call.program());
            write(reply(call, MessageStatus.ERROR), error(ErrorCode.NO_SUPPORT.value(), FROM_RPC, text));
        } else if (reaction instanceof Reaction.Body body) {
            write(
                    reply(call, MessageStatus.OK),
                    Unpooled.wrappedBuffer(body.bytes().duplicate()));
        } else if (reaction instanceof Reaction.HangUp) {
            close();
        } else if (reaction instanceof Reaction.Answer<?, ?> answer) {
            daemon(() -> answer(call, answer));
        }
    }

    private <A, R> void answer(Message call, Reaction.Answer<A, R> answer) {
        try {
            ByteBuf result = Unpooled.buffer();
            try {
                encode(answer, answer.function().apply(decode(answer, call)), result);
            } catch (ScriptedError e) {
                write(
                        reply(call, MessageStatus.ERROR),
                        error(e.code().value(), FROM_RPC, String.valueOf(e.getMessage())));
                return;
            }
            write(reply(call, MessageStatus.OK), result);
        } catch (IOException e) {
            // The client has gone meanwhile.
        } catch (RuntimeException e) {
            close();
            throw new TestkitException(
                    "the script has no good answer to " + answer.procedure().name(), e);
        }
    }

    private static <A> A decode(Reaction.Answer<A, ?> answer, Message call) {
        return answer.procedure().arguments().decode(new XdrReader(Unpooled.wrappedBuffer(call.body())));
    }

    @SuppressWarnings("NullAway") // The result of a procedure without one is null, and so is Void's only value.
    private static <R> void encode(Reaction.Answer<?, R> answer, @Nullable R value, ByteBuf result) {
        answer.procedure().result().encode(new XdrWriter(result), value);
    }

    // ---- messages

    private static MessageHeader reply(Message call, int status) {
        MessageHeader header = call.header();
        return new MessageHeader(
                header.program(), header.version(), header.procedure(), MessageType.REPLY, header.serial(), status);
    }

    private static ByteBuf error(int code, int domain, String message) {
        ByteBuf error = Unpooled.buffer();
        XdrWriter writer = new XdrWriter(error);
        writer.writeInt(code, "code");
        writer.writeInt(domain, "domain");
        writer.writeOptional(true, "message");
        writer.writeString(message, MOST_TEXT, "message");
        writer.writeInt(LEVEL_ERROR, "level");
        // No domain, no further strings, no numbers, no network.
        for (int absent = 0; absent < 7; absent++) {
            writer.writeInt(0, "absent");
        }
        return error;
    }

    private Message next() throws IOException {
        int length = in.readInt();
        if (length < FRAME_BYTES || length > MOST_BYTES) {
            throw new IOException("a frame of " + length + " bytes");
        }
        byte[] header = new byte[MessageHeader.BYTES];
        byte[] body = new byte[length - FRAME_BYTES];
        in.readFully(header);
        in.readFully(body);
        return new Message(MessageHeader.read(Unpooled.wrappedBuffer(header)), body);
    }

    private void write(MessageHeader header, ByteBuf body) throws IOException {
        write(frame(header, body));
    }

    private static byte[] frame(MessageHeader header, ByteBuf body) {
        ByteBuf frame = Unpooled.buffer(FRAME_BYTES + body.readableBytes());
        frame.writeInt(FRAME_BYTES + body.readableBytes());
        header.write(frame);
        frame.writeBytes(body);
        return ByteBufUtil.getBytes(frame);
    }

    private void write(byte[] bytes) throws IOException {
        synchronized (socket) {
            OutputStream out = socket.getOutputStream();
            out.write(bytes);
            out.flush();
        }
    }
}
