// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import dev.virtwire.nbd.NbdAddress;
import dev.virtwire.nbd.NbdTransport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** TCP and UNIX sockets of this machine. */
public final class SocketTransport implements NbdTransport {
    @Override
    public ByteChannel open(NbdAddress address, Duration timeout) throws IOException {
        return address instanceof NbdAddress.Tcp tcp
                ? openTcp(tcp, timeout)
                : openUnix((NbdAddress.Unix) address, timeout);
    }

    private static SocketChannel openTcp(NbdAddress.Tcp tcp, Duration timeout) throws IOException {
        InetAddress[] addresses;
        try {
            addresses = InetAddress.getAllByName(tcp.host());
        } catch (UnknownHostException e) {
            throw new IOException("the host \"" + tcp.host() + "\" is not known", e);
        }
        long end = System.nanoTime() + timeout.toNanos();
        @Nullable IOException failure = null;
        for (InetAddress each : addresses) {
            long millis = Math.max(1, (end - System.nanoTime()) / 1_000_000);
            try {
                return connect(new InetSocketAddress(each, tcp.port()), (int) Math.min(millis, Integer.MAX_VALUE));
            } catch (SocketTimeoutException e) {
                failure = new IOException(
                        "no answer from " + each.getHostAddress() + " within " + Deadline.text(timeout), e);
            } catch (IOException e) {
                failure = e;
            }
        }
        throw failure == null ? new IOException("the host \"" + tcp.host() + "\" has no address") : failure;
    }

    private static SocketChannel connect(InetSocketAddress address, int millis) throws IOException {
        SocketChannel channel = SocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            channel.socket().connect(address, millis);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** A UNIX socket answers at once, unless its server accepts nobody and its backlog is full. */
    private static SocketChannel openUnix(NbdAddress.Unix unix, Duration timeout) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try (Deadline deadline = new Deadline(channel, timeout)) {
            try {
                channel.connect(UnixDomainSocketAddress.of(unix.socket()));
                return channel;
            } catch (IOException | RuntimeException e) {
                channel.close();
                if (deadline.hasPassed()) {
                    throw new IOException("the server has accepted no connection within " + Deadline.text(timeout), e);
                }
                throw e;
            }
        }
    }
}
