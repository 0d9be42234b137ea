// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.auth;

import dev.virtwire.client.AuthenticationException;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.internal.async.SharedPool;
import dev.virtwire.client.internal.async.TrackedFuture;
import dev.virtwire.client.internal.config.Surroundings;
import dev.virtwire.protocol.Caller;
import dev.virtwire.protocol.remote.AuthCalls;
import dev.virtwire.protocol.remote.AuthType;
import io.netty.channel.Channel;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Asks the server how it wants to be convinced, and does so. */
public final class Authenticator {
    private static final String SERVICE = "libvirt";

    private final LibvirtUri uri;
    private final ConnectOptions options;
    private final AuthCalls calls;
    private final Channel channel;
    private final Protection protection;

    /**
     * For a connection that has sent nothing yet.
     *
     * @param caller carries the calls of the greeting
     * @param channel the connection's channel, into which a security layer may have to go
     * @param protection what that channel promises
     */
    public Authenticator(
            LibvirtUri uri, ConnectOptions options, Caller caller, Channel channel, Protection protection) {
        this.uri = uri;
        this.options = options;
        this.calls = new AuthCalls(caller);
        this.channel = channel;
        this.protection = protection;
    }

    /** Completes when the server lets this side in; fails with {@link AuthenticationException} if it does not. */
    public CompletableFuture<Void> authenticate() {
        return calls.authList().thenCompose(offer -> authenticateBy(wished(offer.types())));
    }

    /** If the URI insists on a way, nothing else will do, not even a connection without a login. */
    private List<Integer> wished(List<Integer> offered) {
        AuthType wish = AuthWish.of(uri).type();
        if (wish == null) {
            return offered;
        }
        if (!offered.contains(wish.value())) {
            throw new AuthenticationException("%s: the URI wants authentication by %s, and the server offers %s"
                    .formatted(uri, wish, names(offered)));
        }
        return List.of(wish.value());
    }

    private CompletableFuture<Void> authenticateBy(List<Integer> offered) {
        if (offered.isEmpty() || offered.contains(AuthType.NONE.value())) {
            return CompletableFuture.completedFuture(null);
        }
        if (offered.contains(AuthType.POLKIT.value())) {
            return calls.authPolkit().handle((done, failure) -> {
                if (failure != null) {
                    throw refused(LibvirtException.unwrap(failure));
                }
                return null;
            });
        }
        if (offered.contains(AuthType.SASL.value())) {
            return TrackedFuture.of(CompletableFuture.supplyAsync(this::sasl, SharedPool.executor()))
                    .thenCompose(login -> login.run(AuthWish.of(uri)));
        }
        return CompletableFuture.failedFuture(new AuthenticationException(
                "%s: the server wants authentication by one of %s, which this version does not offer"
                        .formatted(uri, names(offered))));
    }

    private SaslLogin sasl() {
        String host = uri.host() == null ? "localhost" : uri.host();
        Surroundings surroundings = Surroundings.ofThisProcess();
        AuthFile.Found known = AuthFile.credentials(
                SERVICE, List.of(host), uri.parameter("authfile").map(surroundings::expandHome), surroundings);
        return new SaslLogin(
                uri, host, calls, channel, protection, known, new CredentialSource(host, options.credentials()));
    }

    private static List<String> names(List<Integer> offered) {
        return offered.stream()
                .map(number -> AuthType.of(number).map(AuthType::name).orElse("number " + number))
                .toList();
    }

    private RuntimeException refused(Throwable cause) {
        if (cause instanceof RemoteException remote) {
            return new AuthenticationException(
                    "%s: polkit on the server refused this user: %s; run as root or as a member of the group libvirt"
                            .formatted(uri, remote.details().message()),
                    remote,
                    true);
        }
        return (RuntimeException) cause;
    }
}
