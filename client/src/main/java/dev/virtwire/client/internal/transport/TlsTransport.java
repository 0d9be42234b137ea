// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.internal.async.SharedPool;
import dev.virtwire.client.internal.async.TrackedFuture;
import dev.virtwire.client.internal.auth.CredentialSource;
import dev.virtwire.client.internal.auth.Protection;
import dev.virtwire.client.internal.config.LibvirtConf;
import dev.virtwire.client.internal.config.Surroundings;
import dev.virtwire.client.internal.tls.CertificateFiles;
import dev.virtwire.client.internal.tls.TlsHandshake;
import dev.virtwire.client.internal.tls.TlsPriority;
import dev.virtwire.client.internal.tls.TlsSettings;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.SslHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;

/** TCP with TLS, both sides known by certificates. */
final class TlsTransport implements Transport {
    private static final int PORT = 16514;

    private final LibvirtUri uri;
    private final TlsSettings settings;
    private final CredentialSource credentials;
    private final Duration timeout;
    private final Consumer<String> notices;

    /** For {@code uri}; certificates are looked for now and read when the channel is opened. */
    TlsTransport(LibvirtUri uri, ConnectOptions options, Surroundings surroundings, LibvirtConf conf) {
        UriParameters parameters = new UriParameters(uri, Set.of("pkipath", "tls_priority", "no_verify", "no_sanity"));
        this.uri = uri;
        this.settings = new TlsSettings(
                parameters.host(),
                uri.port() < 0 ? PORT : uri.port(),
                CertificateFiles.of(parameters.path("pkipath", surroundings), surroundings),
                !parameters.flag("no_verify"),
                !parameters.flag("no_sanity"),
                priority(parameters, conf));
        this.credentials = new CredentialSource(settings.host(), options.credentials());
        this.timeout = options.connectTimeout();
        this.notices = options.notices();
    }

    @Override
    public CompletableFuture<Channel> open(EventLoopGroup group) {
        ChannelConnector connector = new ChannelConnector(uri, group, timeout);
        // Not supplyAsync: if that is given up after it has asked for a passphrase, nobody knows the question any more.
        TrackedFuture<Void> begin = new TrackedFuture<>();
        CompletableFuture<Supplier<SSLEngine>> prepared =
                begin.thenComposeAsync(begun -> engines(), SharedPool.executor());
        begin.succeed(null);
        return prepared.thenCompose(engines ->
                connector.tcp(settings.host(), settings.port()).thenCompose(channel -> secure(channel, engines)));
    }

    private CompletableFuture<Supplier<SSLEngine>> engines() {
        if (!settings.verifies()) {
            notices.accept(
                    "%s: the server's certificate is NOT CHECKED, because the URI says no_verify=1: whoever is on the way can read and change everything"
                            .formatted(settings.host()));
        }
        return settings.engines(credentials);
    }

    @Override
    public String target() {
        return "host %s port %d by TLS".formatted(settings.host(), settings.port());
    }

    @Override
    public List<String> reasons() {
        CertificateFiles files = settings.files();
        List<String> reasons = new ArrayList<>();
        if (uri.port() < 0) {
            reasons.add("port " + PORT + " is libvirt's for TLS");
        }
        reasons.add(
                settings.verifies()
                        ? "the server's certificate must be that of host %s and issued by a CA of %s"
                                .formatted(settings.host(), files.authorities())
                        : "the server's certificate is NOT CHECKED: no_verify=1");
        reasons.add("this side's certificate is %s, its key %s".formatted(files.certificate(), files.key()));
        return reasons;
    }

    @Override
    public Protection protection() {
        return settings.verifies() ? Protection.VERIFIED : Protection.ENCRYPTED;
    }

    private CompletableFuture<Channel> secure(Channel channel, Supplier<SSLEngine> engines) {
        CompletableFuture<Channel> done = new TrackedFuture<>();
        done.whenComplete((open, failure) -> {
            if (failure != null) {
                channel.close();
            }
        });
        // Its tasks check certificates and sign, too much for an event loop.
        SslHandler tls = new SslHandler(engines.get(), SharedPool.executor());
        channel.attr(TLS_ENGINES).set(engines);
        // A record for each message. A libvirtd that has read one message waits for its socket to become readable, and
        // does not see the next if that came in the same record: its TLS library has it already.
        tls.setWrapDataSize(0);
        // The time to connect in bounds this as well.
        tls.setHandshakeTimeoutMillis(0);
        channel.eventLoop().execute(() -> {
            channel.pipeline().addLast(tls).addLast(new TlsHandshake(uri, settings, done));
            channel.config().setAutoRead(true);
        });
        return done;
    }

    private static TlsPriority priority(UriParameters parameters, LibvirtConf conf) {
        Optional<String> asked = parameters.text("tls_priority");
        if (asked.isPresent()) {
            try {
                return TlsPriority.parse(asked.get());
            } catch (IllegalArgumentException e) {
                throw parameters.invalid("tls_priority '%s': %s".formatted(asked.get(), e.getMessage()));
            }
        }
        if (conf.tlsPriority().isPresent()) {
            try {
                return TlsPriority.parse(conf.tlsPriority().get());
            } catch (IllegalArgumentException e) {
                throw new ConfigurationException(
                        "%s: tls_priority '%s': %s"
                                .formatted(conf.file(), conf.tlsPriority().get(), e.getMessage()),
                        e);
            }
        }
        return TlsPriority.usual();
    }
}
