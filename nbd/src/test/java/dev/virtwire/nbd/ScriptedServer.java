// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;

/** An NBD server that does to one client after the other what a test tells it to. */
final class ScriptedServer implements AutoCloseable {
    /** What the server does with a connection; it is closed at the end. */
    interface Script {
        void serve(Peer peer) throws Exception;
    }

    private final ServerSocketChannel listener;
    private final NbdAddress address;
    private final Thread thread;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile SocketChannel current;

    private ScriptedServer(ServerSocketChannel listener, NbdAddress address, Script script) {
        this.listener = listener;
        this.address = address;
        this.thread = new Thread(() -> serveAll(script), "scripted server");
        thread.start();
    }

    /** Listens on a free TCP port of the loopback. */
    static ScriptedServer overTcp(Script script) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
        int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
        return new ScriptedServer(listener, new NbdAddress.Tcp("127.0.0.1", port), script);
    }

    /** Listens on a UNIX socket. */
    static ScriptedServer overUnix(Path socket, Script script) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(socket));
        return new ScriptedServer(listener, new NbdAddress.Unix(socket), script);
    }

    NbdAddress address() {
        return address;
    }

    /** Opens the export "vda". */
    NbdConnection open(NbdOptions options) {
        return NbdConnection.open(address, "vda", options);
    }

    /** Opens the export "vda" without contexts. */
    NbdConnection open() {
        return open(NbdOptions.DEFAULT);
    }

    /** How error messages begin. */
    String uri() {
        return new NbdUri(address, "vda").toString();
    }

    private void serveAll(Script script) {
        while (true) {
            try (SocketChannel channel = listener.accept()) {
                current = channel;
                if (address instanceof NbdAddress.Tcp) {
                    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                }
                script.serve(new Peer(channel));
            } catch (ClosedChannelException e) {
                return;
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
            }
        }
    }

    /** Ends the server; what went wrong in its script fails the test. */
    @Override
    public void close() {
        try {
            listener.close();
            SocketChannel open = current;
            if (open != null) {
                open.close();
            }
            thread.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (failure.get() != null) {
            throw new AssertionError("the server's script failed", failure.get());
        }
    }
}
