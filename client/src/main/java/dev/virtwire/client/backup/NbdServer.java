// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.backup;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where the hypervisor serves a pull backup ({@code <server>}).
 *
 * @since 0.1
 */
public sealed interface NbdServer {
    /** Whether the export asks for TLS; null for the hypervisor's default (no). */
    @Nullable
    Boolean tls();

    /**
     * A TCP port of the host.
     *
     * @param host the name or address to listen on
     * @param port the port; libvirt's schema lets it be absent, its QEMU driver does not
     * @param tls whether the export asks for TLS
     * @since 0.1
     */
    record Tcp(
            String host, @Nullable Integer port, @Nullable Boolean tls) implements NbdServer {
        /** Checks the values. */
        public Tcp {
            Objects.requireNonNull(host, "host");
            if (port != null && (port < 0 || port > 65535)) {
                throw new IllegalArgumentException("port: " + port + " is outside 0 to 65535");
            }
        }
    }

    /**
     * A UNIX socket on the host, which the hypervisor makes.
     *
     * @param socket its absolute path
     * @param tls whether the export asks for TLS
     * @since 0.1
     */
    record Unix(String socket, @Nullable Boolean tls) implements NbdServer {
        /** Checks the values. */
        public Unix {
            if (!socket.startsWith("/")) {
                throw new IllegalArgumentException("socket: '" + socket + "' is no absolute path");
            }
        }
    }

    /**
     * A file descriptor handed to libvirt before. In libvirt's schema; its QEMU driver refuses it.
     *
     * @param group the group of descriptors
     * @param tls whether the export asks for TLS
     * @since 0.1
     */
    record Fd(String group, @Nullable Boolean tls) implements NbdServer {}

    /** A TCP port without TLS. */
    static NbdServer tcp(String host, int port) {
        return new Tcp(host, port, null);
    }

    /** A TCP port with TLS. */
    static NbdServer tls(String host, int port) {
        return new Tcp(host, port, true);
    }

    /** A UNIX socket. */
    static NbdServer unix(String socket) {
        return new Unix(socket, null);
    }
}
