// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.nio.file.Path;

/**
 * Where an NBD server listens.
 *
 * @since 0.1
 */
public sealed interface NbdAddress {
    /** The port that IANA reserves for NBD. */
    int DEFAULT_PORT = 10809;

    /**
     * A TCP port.
     *
     * @param host name or address; an IPv6 address stands without brackets
     * @param port 1 to 65535
     * @since 0.1
     */
    record Tcp(String host, int port) implements NbdAddress {
        /** Checks the range of the port. */
        public Tcp {
            if (host.isEmpty()) {
                throw new IllegalArgumentException("The host of an NBD address is empty");
            }
            if (port < 1 || port > 65535) {
                throw new IllegalArgumentException("NBD port " + port + " is not between 1 and 65535");
            }
        }
    }

    /**
     * A UNIX socket.
     *
     * @param socket its path on this machine
     * @since 0.1
     */
    record Unix(Path socket) implements NbdAddress {}
}
