// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.internal.config.LibvirtConf;
import dev.virtwire.client.internal.config.Surroundings;

/**
 * Makes the transport of URIs by ssh. The module client-ssh has it, and {@link java.util.ServiceLoader} finds it there.
 */
public interface TransportProvider {
    /**
     * The transport of a URI by ssh.
     *
     * @throws dev.virtwire.client.ConfigurationException if a file cannot be read or understood
     * @throws dev.virtwire.client.InvalidUriException if the URI asks for what ssh cannot do
     */
    Transport of(LibvirtUri uri, ConnectOptions options, Surroundings surroundings, LibvirtConf conf);
}
