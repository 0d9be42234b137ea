// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.internal.config.LibvirtConf;
import dev.virtwire.client.internal.config.Surroundings;
import dev.virtwire.client.internal.transport.Transport;
import dev.virtwire.client.internal.transport.TransportProvider;

/**
 * What the client finds by {@link java.util.ServiceLoader}.
 *
 * @since 0.1
 */
public final class SshTransportProvider implements TransportProvider {
    @Override
    public Transport of(LibvirtUri uri, ConnectOptions options, Surroundings surroundings, LibvirtConf conf) {
        return new SshTransport(uri, options, surroundings, conf);
    }
}
