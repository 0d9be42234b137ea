// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * A server on loopback that answers as a test tells it to, for what a real libvirtd cannot be made to do. It knows just
 * enough to let a client connect; after that every byte is the test's.
 */
final class ScriptedServer implements AutoCloseable {
    static final int REMOTE = 0x20008086;
    static final int KEEPALIVE = 0x6b656570;

    /** A message that came in. */
    record Message(int program, int version, int procedure, int type, int serial, int status, byte[] body) {}

    private final ServerSocket listener;
    private Socket client;
    private DataInputStream in;
    private DataOutputStream out;

    ScriptedServer() {
        try {
            listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String uri() {
        return "test+tcp://127.0.0.1:" + listener.getLocalPort() + "/default";
    }

    String host() {
        return "127.0.0.1:" + listener.getLocalPort();
    }

    /** Takes a connection and answers its greeting: no authentication, features, open. */
    void accept() {
        acceptSilently();
        answerGreeting();
    }

    void acceptSilently() {
        run(() -> {
            client = listener.accept();
            in = new DataInputStream(client.getInputStream());
            out = new DataOutputStream(client.getOutputStream());
        });
    }

    private void answerGreeting() {
        boolean open = false;
        while (!open) {
            Message call = read();
            switch (call.procedure()) {
                case 66 -> reply(call, "00000001" + "00000000");
                case 60 -> reply(call, "00000001");
                case 1 -> {
                    reply(call, "");
                    open = true;
                }
                default -> throw new AssertionError("the greeting has no procedure " + call.procedure());
            }
        }
    }

    /** The next message but keepalives and feature questions, which it answers. */
    Message readCall() {
        while (true) {
            Message message = read();
            if (message.program() == REMOTE && message.procedure() == 60) {
                reply(message, "00000001");
            } else if (message.program() != KEEPALIVE) {
                return message;
            }
        }
    }

    /** The next message, whatever it is. */
    Message read() {
        try {
            int length = in.readInt();
            int program = in.readInt();
            int version = in.readInt();
            int procedure = in.readInt();
            int type = in.readInt();
            int serial = in.readInt();
            int status = in.readInt();
            byte[] body = in.readNBytes(length - 28);
            return new Message(program, version, procedure, type, serial, status, body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Bytes that have come and were not read. */
    int bytesWaiting() throws IOException {
        return in.available();
    }

    /** Whether the client has hung up. */
    boolean atEnd() {
        try {
            return in.read() < 0;
        } catch (IOException e) {
            return true;
        }
    }

    void reply(Message call, String bodyHex) {
        frame(call.program(), call.procedure(), 1, call.serial(), 0, bodyHex);
    }

    void fail(Message call, int code, String text) {
        fail(call, code, 10, text);
    }

    void fail(Message call, int code, int domain, String text) {
        frame(
                call.program(),
                call.procedure(),
                1,
                call.serial(),
                1,
                word(code) + word(domain) + "00000001" + string(text) + word(2) + word(0).repeat(7));
    }

    void frame(int program, int procedure, int type, int serial, int status, String bodyHex) {
        raw(word(28 + bodyHex.length() / 2)
                + word(program)
                + word(1)
                + word(procedure)
                + word(type)
                + word(serial)
                + word(status)
                + bodyHex);
    }

    void raw(String hex) {
        run(() -> {
            out.write(HexFormat.of().parseHex(hex));
            out.flush();
        });
    }

    void hangUp() {
        run(() -> client.close());
    }

    static String word(int value) {
        return HexFormat.of().toHexDigits(value);
    }

    static String string(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream padded = new ByteArrayOutputStream();
        padded.writeBytes(bytes);
        padded.writeBytes(new byte[-bytes.length & 3]);
        return word(bytes.length) + HexFormat.of().formatHex(padded.toByteArray());
    }

    @Override
    public void close() {
        run(() -> {
            listener.close();
            if (client != null) {
                client.close();
            }
        });
    }

    private interface Step {
        void run() throws IOException;
    }

    private static void run(Step step) {
        try {
            step.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
