// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.NbdListen;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.backup.NbdServer;
import dev.virtwire.client.internal.access.LibvirtAccess;
import dev.virtwire.nbd.NbdAddress;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.nbd.NbdTls;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** How a pull backup's data comes from the host. */
public sealed interface DataPath {
    /** An IPv4 address as numbers. */
    Pattern LITERAL_V4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

    /** Through a UNIX socket, of this machine or of the host at the other end of ssh. */
    record Socket(String path) implements DataPath {
        @Override
        public NbdServer server(int port) {
            return NbdServer.unix(path);
        }

        @Override
        public NbdAddress address(int port) {
            return new NbdAddress.Unix(Path.of(path));
        }

        @Override
        public NbdOptions options(NbdOptions nbd, Libvirt libvirt) {
            return LibvirtAccess.to(libvirt).reachesHostSockets() ? HostSocketTransport.through(libvirt, nbd) : nbd;
        }
    }

    /**
     * Through a TCP port; which one is free is found by trying.
     *
     * @param listen where the host listens
     * @param reach the address that it is reached at from here
     * @param tls whether it is encrypted, with certificates on both sides
     */
    record Ports(NbdListen listen, String reach, boolean tls) implements DataPath {
        @Override
        public NbdServer server(int port) {
            return tls ? NbdServer.tls(listen.address(), port) : NbdServer.tcp(listen.address(), port);
        }

        @Override
        public NbdAddress address(int port) {
            return new NbdAddress.Tcp(reach, port);
        }

        @Override
        public NbdOptions options(NbdOptions nbd, Libvirt libvirt) {
            return tls
                    ? nbd.withTls(NbdTls.of(
                            address -> LibvirtAccess.to(libvirt).newTlsEngine().orElseThrow()))
                    : nbd;
        }
    }

    /** What begin tells libvirt; {@code port} counts for a TCP port only. */
    NbdServer server(int port);

    /** Where the export is reached. */
    NbdAddress address(int port);

    /** Options that reach it so. */
    NbdOptions options(NbdOptions nbd, Libvirt libvirt);

    /**
     * Chooses by the connection's URI and the plan.
     *
     * @param socket the path of the socket, should it be one
     * @throws BackupException if the data would cross a network unencrypted, or no way is offered yet
     */
    static DataPath choose(LibvirtUri uri, BackupRequest plan, String socket) {
        NbdListen listen = plan.nbd();
        boolean here = uri.transport() == LibvirtUri.Transport.UNIX;
        boolean ssh = isSsh(uri);
        if ((here || ssh) && listen == null) {
            return new Socket(socket);
        }
        boolean tls = uri.transport() == LibvirtUri.Transport.TLS;
        if (!here && !ssh && !tls && uri.transport() != LibvirtUri.Transport.TCP) {
            throw new BackupException("a pull backup over "
                    + uri.transport().name().toLowerCase(Locale.ROOT)
                    + " is not offered yet: use a local, ssh, TLS or TCP connection, or push mode");
        }
        String host = uri.host() == null ? "127.0.0.1" : uri.host();
        NbdListen asked = listen != null ? listen : new NbdListen(host, 10809, 10872);
        NbdListen where = asked.address().equals("localhost") || (listen == null && isLoopback(host))
                ? new NbdListen("127.0.0.1", asked.firstPort(), asked.lastPort())
                : asked;
        if (!tls && !isLoopback(where.address()) && !plan.insecureNbd()) {
            throw new BackupException("the NBD export on " + where.address()
                    + " would hand the disks unencrypted to anyone who connects: run this on the host itself,"
                    + " use an encrypted connection, or allow it with --insecure-nbd");
        }
        if (!here && !isLoopback(host) && isLoopback(where.address())) {
            throw new BackupException("an NBD export on " + where.address() + " of " + host
                    + " cannot be reached from here: give --nbd an address of that host");
        }
        return new Ports(where, isWildcard(where.address()) ? host : where.address(), tls);
    }

    private static boolean isSsh(LibvirtUri uri) {
        return switch (uri.transport()) {
            case SSH, LIBSSH, LIBSSH2 -> true;
            case UNIX, TCP, TLS, EXT -> false;
        };
    }

    private static boolean isLoopback(String host) {
        // What a name means here says nothing of what it means on the host.
        return host.equals("localhost") || (isLiteral(host) && is(host, InetAddress::isLoopbackAddress));
    }

    private static boolean isWildcard(String host) {
        return isLiteral(host) && is(host, InetAddress::isAnyLocalAddress);
    }

    private static boolean isLiteral(String host) {
        return host.indexOf(':') >= 0 || LITERAL_V4.matcher(host).matches();
    }

    private static boolean is(String host, Predicate<InetAddress> kind) {
        try {
            return kind.test(InetAddress.getByName(host));
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
