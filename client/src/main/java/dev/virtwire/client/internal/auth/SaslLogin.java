// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.auth;

import dev.virtwire.client.AuthenticationException;
import dev.virtwire.client.CredentialRequest;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.internal.async.SharedPool;
import dev.virtwire.client.internal.async.TrackedFuture;
import dev.virtwire.client.internal.wire.FrameDecoder;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.AuthCalls;
import io.netty.channel.Channel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslException;
import org.jspecify.annotations.Nullable;

/**
 * Logs in by SASL: takes the best mechanism, finds name and password, exchanges messages until both sides are
 * satisfied, and puts the security layer into the pipeline if one was agreed on.
 */
final class SaslLogin {
    private static final byte[] NOTHING = {};

    private final LibvirtUri uri;
    private final String host;
    private final AuthCalls calls;
    private final Channel channel;
    private final Protection protection;
    private final Map<String, String> known;
    private final String missing;
    private final CredentialSource source;

    /**
     * For a channel that has been told that the server wants SASL.
     *
     * @param host the server, by the name that its certificates and {@code auth.conf} have
     * @param known what {@code auth.conf} says
     * @param source whom to ask for what it does not say
     */
    SaslLogin(
            LibvirtUri uri,
            String host,
            AuthCalls calls,
            Channel channel,
            Protection protection,
            AuthFile.Found known,
            CredentialSource source) {
        this.uri = uri;
        this.host = host;
        this.calls = calls;
        this.channel = channel;
        this.protection = protection;
        this.known = known.values();
        this.missing = known.missing();
        this.source = source;
    }

    /** Completes when this side is logged in; fails with {@link AuthenticationException}. */
    CompletableFuture<Void> run(AuthWish wish) {
        // Hashing a password thousands of times is not for an event loop, where callbacks may run.
        Executor pool = SharedPool.executor();
        return calls.authSaslInit()
                .thenComposeAsync(
                        offer -> {
                            String mechanism = choose(wish, SaslMechanisms.offered(offer.mechlist()));
                            return login().thenComposeAsync(login -> new Exchange(mechanism, login).run(), pool);
                        },
                        pool);
    }

    private String choose(AuthWish wish, List<String> offered) {
        String wanted = wish.mechanism();
        List<String> usable = SaslMechanisms.usable(protection);
        if (wanted == null) {
            return SaslMechanisms.choose(offered, protection)
                    .orElseThrow(
                            () -> failed("no SASL mechanism in common: the server offers %s, and this side has %s%s"
                                    .formatted(offered, usable, protection.words())));
        }
        if (!offered.contains(wanted)) {
            throw failed("the URI wants the SASL mechanism %s, and the server offers %s".formatted(wanted, offered));
        }
        if (!usable.contains(wanted)) {
            throw failed("the URI wants the SASL mechanism %s, and this side has %s%s"
                    .formatted(wanted, usable, protection.words()));
        }
        return wanted;
    }

    /** Name and password: the URI's user, what auth.conf says, and the rest by asking. */
    private CompletableFuture<SaslAccount> login() {
        String filed = known.getOrDefault("authname", known.getOrDefault("username", ""));
        String given = uri.user() != null ? uri.user() : filed;
        CompletableFuture<String> name = given.isEmpty()
                ? source.require(CredentialRequest.Kind.AUTHENTICATION_NAME, "User name for " + host, this::nameless)
                        .thenApply(String::new)
                : TrackedFuture.of(CompletableFuture.completedFuture(given));
        return name.thenCompose(user -> password(user, filed)
                .thenApply(password -> new SaslAccount(authorizationName(), user, realm(), password)));
    }

    private CompletableFuture<char[]> password(String name, String filed) {
        String password = known.get("password");
        // Another user's password is not that of the URI's user.
        return password != null && (filed.isEmpty() || filed.equals(name))
                ? CompletableFuture.completedFuture(password.toCharArray())
                : source.require(
                        CredentialRequest.Kind.PASSWORD,
                        "Password of " + name + " on " + host,
                        unanswered -> failed("the server wants the password of '%s'; %s, and %s"
                                .formatted(
                                        name,
                                        password == null ? missing : "auth.conf has that of '" + filed + "'",
                                        unanswered)));
    }

    private AuthenticationException nameless(String unanswered) {
        return failed("the server wants a user name; the URI has none, %s, and %s".formatted(missing, unanswered));
    }

    private String authorizationName() {
        return known.containsKey("authname") ? known.getOrDefault("username", "") : "";
    }

    private String realm() {
        return known.getOrDefault("realm", "");
    }

    private AuthenticationException failed(String why) {
        return new AuthenticationException(uri + ": " + why);
    }

    /** The messages of one mechanism. */
    private final class Exchange {
        private final String mechanism;
        private final SaslAccount login;
        private boolean answered;

        Exchange(String mechanism, SaslAccount login) {
            this.mechanism = mechanism;
            this.login = login;
        }

        CompletableFuture<Void> run() {
            CompletableFuture<Void> done;
            try {
                SaslClient made = SaslMechanisms.client(mechanism, host, login, protection.encrypts());
                byte[] first = made.hasInitialResponse() ? made.evaluateChallenge(NOTHING) : null;
                done = calls.authSaslStart(mechanism, isNull(first), orNothing(first))
                        .thenComposeAsync(
                                reply -> next(made, reply.complete() != 0, data(reply.nil(), reply.data())),
                                SharedPool.executor());
            } catch (SaslException e) {
                done = CompletableFuture.failedFuture(impossible(e));
            }
            return done.handle((nothing, failure) -> {
                login.forget();
                if (failure != null) {
                    throw explained(LibvirtException.unwrap(failure));
                }
                return null;
            });
        }

        private CompletableFuture<Void> next(SaslClient made, boolean serverIsDone, byte @Nullable [] data) {
            byte[] response = null;
            try {
                if (!made.isComplete() && (data != null || !serverIsDone)) {
                    response = made.evaluateChallenge(orNothing(data));
                }
            } catch (SaslException e) {
                return CompletableFuture.failedFuture(impossible(e));
            }
            if (serverIsDone) {
                return made.isComplete()
                        ? protect(made)
                        : CompletableFuture.failedFuture(failed(
                                "%s: the server lets this side in without having proved that it knows the password itself, so it is not to be believed"
                                        .formatted(mechanism)));
            }
            answered = true;
            return calls.authSaslStep(isNull(response), orNothing(response))
                    .thenComposeAsync(
                            reply -> next(made, reply.complete() != 0, data(reply.nil(), reply.data())),
                            SharedPool.executor());
        }

        /** The layer counts at once: the next byte in either direction belongs to it. */
        private CompletableFuture<Void> protect(SaslClient made) {
            if (!"auth-conf".equals(made.getNegotiatedProperty(Sasl.QOP))) {
                return protection.encrypts()
                        ? CompletableFuture.completedFuture(null)
                        : CompletableFuture.failedFuture(failed(mechanism + ": the server did not agree to encrypt"));
            }
            int most = Integer.parseInt(String.valueOf(made.getNegotiatedProperty(Sasl.RAW_SEND_SIZE)));
            CompletableFuture<Void> done = new CompletableFuture<>();
            channel.eventLoop().execute(() -> {
                FrameDecoder frames = channel.pipeline().get(FrameDecoder.class);
                if (frames == null) {
                    done.completeExceptionally(failed("the connection ended"));
                } else if (!frames.isEmpty()) {
                    // Whoever could put bytes before the encrypted ones could make them part of a message.
                    done.completeExceptionally(failed("unprotected bytes came after the server had agreed to encrypt"));
                } else {
                    String next = channel.pipeline().context(frames).name();
                    channel.pipeline().addBefore(next, null, new SaslLayer(made, most));
                    done.complete(null);
                }
            });
            return done;
        }

        private AuthenticationException impossible(SaslException cause) {
            return new AuthenticationException(
                    "%s: %s as '%s': %s".formatted(uri, mechanism, login.name(), cause.getMessage()), cause);
        }

        /** The server says no more than that authentication failed, and when. */
        private RuntimeException explained(Throwable failure) {
            if (failure instanceof RemoteException remote && remote.is(ErrorCode.AUTH_FAILED)) {
                String why;
                if (!mechanism.startsWith("SCRAM-")) {
                    why = "unknown user, or wrong password";
                } else if (answered) {
                    why = "wrong password";
                } else {
                    why = "unknown user";
                }
                return new AuthenticationException(
                        "%s: the server refused user '%s' by %s: %s".formatted(uri, login.name(), mechanism, why),
                        remote,
                        true);
            }
            return failure instanceof RuntimeException known ? known : new IllegalStateException(failure);
        }
    }

    private static int isNull(byte @Nullable [] data) {
        return data == null ? 1 : 0;
    }

    private static byte[] orNothing(byte @Nullable [] data) {
        return data == null ? NOTHING : data;
    }

    private static byte @Nullable [] data(int isNull, byte[] data) {
        return isNull != 0 ? null : data;
    }
}
