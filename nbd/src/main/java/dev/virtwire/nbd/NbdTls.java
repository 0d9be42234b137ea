// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.io.IOException;
import java.nio.channels.ByteChannel;

/** Puts TLS on a connection after the server agreed to it (NBD_OPT_STARTTLS), before anything else is negotiated. */
@FunctionalInterface
public interface NbdTls {
    /**
     * Shakes hands and returns the channel to use from now on, which keeps to the rules of {@link NbdTransport}; its
     * {@code close} closes {@code plain}.
     *
     * @throws IOException whose message says why the peer is not trusted or TLS failed
     */
    ByteChannel start(ByteChannel plain, NbdAddress address) throws IOException;
}
