// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import dev.virtwire.nbd.internal.TlsChannel;
import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;

/**
 * Puts TLS on a connection after the server agreed to it (NBD_OPT_STARTTLS), before anything else is negotiated.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface NbdTls {
    /**
     * Shakes hands and returns the channel to use from now on, which keeps to the rules of {@link NbdTransport}; its
     * {@code close} closes {@code plain}.
     *
     * @throws IOException whose message says why the peer is not trusted or TLS failed
     */
    ByteChannel start(ByteChannel plain, NbdAddress address) throws IOException;

    /**
     * TLS as the JDK does it. This module checks no certificate itself: the engine's trust manager does, or its
     * {@link javax.net.ssl.SSLParameters#setEndpointIdentificationAlgorithm endpoint identification}, and they have to
     * see to it that the certificate is that of the host.
     *
     * @param engines makes a new engine for each connection, in client mode and with the peer's name or address
     */
    static NbdTls of(Function<NbdAddress, SSLEngine> engines) {
        return (plain, address) -> TlsChannel.start(plain, engines.apply(address));
    }
}
