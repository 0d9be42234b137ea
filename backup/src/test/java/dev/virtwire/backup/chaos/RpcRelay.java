// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands between a client and libvirtd, message by message. Each call makes three steps: it is about to be sent; it has
 * been sent; its reply has come, and the client is about to see it. Events and keepalive pass unseen.
 */
final class RpcRelay implements Closeable {
    private static final int KEEPALIVE = 0x6b656570;
    private static final int CALL = 0;
    private static final int REPLY = 1;
    private static final int HEADER = 28;

    private final ServerSocketChannel listener;
    private final Path server;
    private final Seen seen;

    /** Listens on {@code socket} and passes on to {@code server}. */
    RpcRelay(Path socket, Path server, Seen seen) throws IOException {
        this.listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        this.listener.bind(UnixDomainSocketAddress.of(socket));
        this.server = server;
        this.seen = seen;
        thread("accept", this::accept);
    }

    /** Told of each step before it is taken; throwing ends the connection instead. */
    interface Seen {
        void before(String step) throws IOException;
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void thread(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        // One side hung up: the other sees that, because its channel is closed too.
                        return;
                    }
                },
                "rpc-relay-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() throws IOException {
        while (true) {
            SocketChannel client = listener.accept();
            SocketChannel target = SocketChannel.open(UnixDomainSocketAddress.of(server));
            Map<Integer, Integer> procedures = new ConcurrentHashMap<>();
            thread("calls", () -> pass(client, target, CALL, procedures));
            thread("replies", () -> pass(target, client, REPLY, procedures));
        }
    }

    private void pass(SocketChannel from, SocketChannel to, int type, Map<Integer, Integer> procedures)
            throws IOException {
        try (from;
                to) {
            while (true) {
                ByteBuffer message = read(from);
                boolean counts = message.getInt(4) != KEEPALIVE && message.getInt(16) == type;
                int procedure = message.getInt(12);
                int serial = message.getInt(20);
                if (counts && type == CALL) {
                    procedures.put(serial, procedure);
                    seen.before("call " + procedure);
                } else if (counts) {
                    seen.before("reply " + procedures.get(serial));
                }
                while (message.hasRemaining()) {
                    to.write(message);
                }
                if (counts && type == CALL) {
                    seen.before("sent " + procedure);
                }
            }
        }
    }

    private static ByteBuffer read(SocketChannel from) throws IOException {
        ByteBuffer length = ByteBuffer.allocate(4);
        fill(from, length);
        int size = length.getInt(0);
        if (size < HEADER || size > 64 << 20) {
            throw new IOException("no message has " + size + " bytes");
        }
        ByteBuffer message = ByteBuffer.allocate(size).putInt(size);
        fill(from, message);
        return message.flip();
    }

    private static void fill(SocketChannel from, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (from.read(buffer) < 0) {
                throw new EOFException();
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
