// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stands between a client and a server and spoils what passes: libvirt's RPC, NBD, anything on a byte stream, over TCP
 * or UNIX sockets on either side. At first it only forwards; {@link #toServer} and {@link #toClient} say what goes
 * wrong.
 *
 * <p>Safe for use from several threads; works on threads of its own.
 *
 * @since 0.1
 */
public final class FaultyProxy implements AutoCloseable {
    private static final int PIECE = 64 << 10;

    private final ServerSocketChannel listener;
    private final SocketAddress target;
    private final ProxyFaults toServer = new ProxyFaults();
    private final ProxyFaults toClient = new ProxyFaults();
    private final AtomicLong bytesToServer = new AtomicLong();
    private final AtomicLong bytesToClient = new AtomicLong();
    private final AtomicLong accepted = new AtomicLong();
    private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
    private volatile boolean refusing;

    private FaultyProxy(ServerSocketChannel listener, SocketAddress target) {
        this.listener = listener;
        this.target = target;
        thread("accept", this::accept);
    }

    /** Listens on a free port of 127.0.0.1. */
    public static FaultyProxy onTcp(SocketAddress target) {
        try {
            ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.INET);
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            return new FaultyProxy(listener, target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Listens on a UNIX socket, which is made here and removed by {@link #close}. */
    public static FaultyProxy onUnix(Path socket, SocketAddress target) {
        try {
            ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            listener.bind(UnixDomainSocketAddress.of(socket));
            return new FaultyProxy(listener, target);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot listen on " + socket, e);
        }
    }

    /** Where clients connect to. */
    public SocketAddress address() {
        try {
            return listener.getLocalAddress();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The TCP port where clients connect to. */
    public int port() {
        return ((InetSocketAddress) address()).getPort();
    }

    /** What happens to bytes on their way to the server. */
    public ProxyFaults toServer() {
        return toServer;
    }

    /** What happens to bytes on their way to the client. */
    public ProxyFaults toClient() {
        return toClient;
    }

    /** How many bytes arrived from clients so far, those that were dropped included. */
    public long bytesToServer() {
        return bytesToServer.get();
    }

    /** How many bytes arrived from servers so far, those that were dropped included. */
    public long bytesToClient() {
        return bytesToClient.get();
    }

    /** How many connections clients have made so far. */
    public long connections() {
        return accepted.get();
    }

    /** Closes all connections now; new ones may come. */
    public void cut() {
        open.forEach(FaultyProxy::close);
    }

    /** Whether connections are closed as soon as they are made. */
    public void refuse(boolean refuse) {
        refusing = refuse;
    }

    @Override
    public void close() {
        try {
            SocketAddress address = listener.getLocalAddress();
            listener.close();
            if (address instanceof UnixDomainSocketAddress unix) {
                Files.deleteIfExists(unix.getPath());
            }
        } catch (ClosedChannelException e) {
            return; // closed before
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            cut();
        }
    }

    private void accept() {
        while (true) {
            try {
                SocketChannel client = listener.accept();
                accepted.incrementAndGet();
                if (refusing) {
                    close(client);
                } else {
                    forward(client);
                }
            } catch (IOException e) {
                // Else the client was gone before we took it, and the next one may come.
                if (!listener.isOpen()) {
                    return;
                }
            }
        }
    }

    private void forward(SocketChannel client) {
        SocketChannel server;
        try {
            server = SocketChannel.open(target);
        } catch (IOException e) {
            close(client); // the client sees what it would see of a server that hangs up
            return;
        }
        open.add(client);
        open.add(server);
        if (!listener.isOpen()) {
            cut();
        }
        thread("to-server", () -> pump(client, server, toServer, bytesToServer));
        thread("to-client", () -> pump(server, client, toClient, bytesToClient));
    }

    private void pump(SocketChannel from, SocketChannel to, ProxyFaults faults, AtomicLong count) {
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
        long position = 0;
        boolean goesOn = true;
        try {
            while (goesOn) {
                int length = from.read(piece.clear());
                if (length < 0) {
                    to.shutdownOutput();
                    return;
                }
                count.addAndGet(length);
                goesOn = faults.spoil(position, piece.flip());
                position += length;
                while (piece.hasRemaining()) {
                    to.write(piece);
                }
            }
        } catch (IOException e) {
            goesOn = false; // one side is gone: so shall the other be
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            goesOn = false;
        } finally {
            if (!goesOn) {
                close(from);
                close(to);
            }
            if (!from.isOpen() || !to.isOpen()) {
                open.remove(from);
                open.remove(to);
            }
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void thread(String name, Runnable work) {
        Thread thread = new Thread(work, "faulty-proxy-" + name);
        thread.setDaemon(true);
        thread.start();
    }
}
