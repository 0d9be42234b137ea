// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.InvalidUriException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.internal.config.LibvirtConf;
import dev.virtwire.client.internal.config.Surroundings;
import java.util.Locale;
import java.util.ServiceLoader;

/** Chooses the way to a server: one {@link Transport} class for each kind of URI. */
public final class Transports {
    private Transports() {}

    /**
     * The transport of a URI, as this process's environment and files have it.
     *
     * @throws ConfigurationException if a file says what it cannot, or the module for ssh is not there
     * @throws InvalidUriException if the URI asks for what its transport cannot do, or for a transport that is not
     *     offered
     */
    public static Transport of(LibvirtUri uri, ConnectOptions options) {
        Surroundings surroundings = Surroundings.ofThisProcess();
        return of(uri, options, surroundings, LibvirtConf.load(surroundings));
    }

    /** As {@link #of(LibvirtUri, ConnectOptions)}, in other surroundings. */
    public static Transport of(LibvirtUri uri, ConnectOptions options, Surroundings surroundings, LibvirtConf conf) {
        // libvirt looks at these whatever the transport, unless the URI has its own word on it.
        if (uri.parameter("mode").isEmpty()) {
            conf.mode();
        }
        if (uri.parameter("proxy").isEmpty()) {
            conf.proxy();
        }
        return switch (uri.transport()) {
            case TCP -> new TcpTransport(uri, options.connectTimeout());
            case UNIX ->
                new UnixTransport(
                        uri, new SocketLocator(surroundings, conf), options.readOnly(), options.connectTimeout());
            case TLS -> new TlsTransport(uri, options, surroundings, conf);
            case SSH, LIBSSH, LIBSSH2 -> ssh(uri).of(uri, options, surroundings, conf);
            case EXT -> throw notOffered(uri);
        };
    }

    /**
     * By the loader of this class, and not by the thread's: a pool's thread has that of whoever used the pool first.
     */
    private static TransportProvider ssh(LibvirtUri uri) {
        return ServiceLoader.load(TransportProvider.class, Transports.class.getClassLoader())
                .findFirst()
                .orElseThrow(() -> new ConfigurationException(
                        "URI '%s': ssh is a module of its own, which is not there: add the dependency dev.virtwire:virtwire-client-ssh"
                                .formatted(uri)));
    }

    private static InvalidUriException notOffered(LibvirtUri uri) {
        return new InvalidUriException(
                "URI '%s': transport '%s' is not offered by this version, which connects over unix, tcp, tls and ssh"
                        .formatted(uri, uri.transport().name().toLowerCase(Locale.ROOT)));
    }
}
