// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.auth;

import dev.virtwire.client.AuthenticationException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.internal.call.Connection;
import dev.virtwire.client.protocol.remote.AuthCalls;
import dev.virtwire.client.protocol.remote.AuthType;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Asks the server how it wants to be convinced, and does so. */
public final class Authenticator {
    private final LibvirtUri uri;
    private final AuthCalls calls;

    /** For a connection that has sent nothing yet. */
    public Authenticator(LibvirtUri uri, Connection connection) {
        this.uri = uri;
        this.calls = new AuthCalls(connection);
    }

    /** Completes when the server lets this side in; fails with {@link AuthenticationException} where it does not. */
    public CompletableFuture<Void> authenticate() {
        return calls.authList().thenCompose(offer -> authenticateBy(wished(offer.types())));
    }

    /** Where the URI insists on a way, nothing else will do: not even none. */
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
        return CompletableFuture.failedFuture(new AuthenticationException(
                "%s: the server wants authentication by one of %s, which this version does not offer"
                        .formatted(uri, names(offered))));
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
                    remote);
        }
        return (RuntimeException) cause;
    }
}
