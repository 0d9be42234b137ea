// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.session;

import dev.virtwire.client.ConnectFailedException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.internal.async.SerialExecutor;
import dev.virtwire.client.internal.async.SharedPool;
import dev.virtwire.client.internal.async.TrackedFuture;
import dev.virtwire.client.internal.auth.AuthFile;
import dev.virtwire.client.internal.auth.CredentialSource;
import dev.virtwire.client.internal.text.PeerText;
import dev.virtwire.client.internal.transport.HostSockets;
import dev.virtwire.ssh.internal.login.KnownHosts;
import dev.virtwire.ssh.internal.login.Login;
import dev.virtwire.ssh.internal.route.SshHost;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.sshd.client.ClientBuilder;
import org.apache.sshd.client.channel.AbstractClientChannel;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.cipher.Cipher;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.session.ConnectionService;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.apache.sshd.common.signature.Signature;
import org.jspecify.annotations.Nullable;

/**
 * A session with one host, over one socket, which it takes with it when it ends. Each has an {@code SshClient} of its
 * own, which costs an object: its bytes move on the socket's event loop, its decryption and its questions run, one
 * after the other, on the pool that all connections share. So nothing of it is left when the socket is closed.
 */
public final class SshSession implements HostSockets {
    private static final String CERTIFICATE = "-cert-";
    private static final String SHA1_SIGNATURE = "ssh-rsa";

    private final Channel socket;
    private final String uri;
    private final SshHost host;
    private final SerialExecutor tasks = new SerialExecutor(SharedPool.executor());
    private final Login login;
    private final TrackedFuture<SshSession> opened = new TrackedFuture<>();
    private final Consumer<String> notices;
    private volatile @Nullable KnownHosts knownHosts;
    private volatile @Nullable ClientSession session;
    private volatile @Nullable String reason;

    private SshSession(
            Channel socket,
            String uri,
            SshHost host,
            CredentialSource credentials,
            AuthFile.Found known,
            Consumer<String> notices) {
        this.socket = socket;
        this.uri = uri;
        this.host = host;
        this.login = new Login(uri, host, credentials, known);
        this.notices = notices;
    }

    /**
     * Shakes hands, believes the host or not, and logs in.
     *
     * @param socket connected, and not reading; it is closed if this fails, and when the result is cancelled
     * @param uri what is connected to, for messages
     * @param credentials who is asked for passwords and passphrases
     * @param known what auth.conf has for the host
     * @param notices takes a sentence if the host's key is believed without having been known
     * @return fails with {@link ConnectFailedException}, {@link dev.virtwire.client.AuthenticationException} or
     *     {@link dev.virtwire.client.ConfigurationException}
     */
    public static CompletableFuture<SshSession> open(
            Channel socket,
            String uri,
            SshHost host,
            CredentialSource credentials,
            AuthFile.Found known,
            Consumer<String> notices) {
        SshSession session = new SshSession(socket, uri, host, credentials, known, notices);
        session.opened.whenComplete((open, failure) -> {
            if (failure != null) {
                session.login.cancel();
                socket.close();
            }
        });
        session.tasks.execute(session::begin);
        return session.opened;
    }

    /** Whether the host has shown a key that is known of it; of the hosts on the way there that says nothing. */
    public boolean isHostVerified() {
        KnownHosts hosts = knownHosts;
        return hosts != null && hosts.isVerified();
    }

    /**
     * Runs a command at the host.
     *
     * @param what the command in words, for messages
     * @return its standard input and output as a channel; closing it leaves the session as it is
     */
    public CompletableFuture<Channel> run(String command, String what, EventLoopGroup group) {
        SshStream stream = stream(what);
        return channel(stream, new CommandChannel(stream, command), what, group);
    }

    /**
     * Has the host connect to a TCP port that it reaches.
     *
     * @return a channel that does not read yet; closing it leaves the session as it is
     */
    public CompletableFuture<Channel> forward(SshHost target, EventLoopGroup group) {
        String what =
                "the way from host %s to host %s port %d".formatted(host.address(), target.address(), target.port());
        SshStream stream = stream(what);
        return channel(stream, ForwardChannel.toPort(stream, target.address(), target.port()), what, group);
    }

    @Override
    public CompletableFuture<ByteChannel> open(String path) {
        SshStream direct = stream("the channel to socket %s of host %s".formatted(path, host.address()));
        SshByteChannel channel = new SshByteChannel(direct);
        return start(direct, ForwardChannel.toSocket(direct, path))
                .<ByteChannel>thenApply(done -> channel)
                .exceptionallyCompose(refusal -> openByNetcat(path, LibvirtException.unwrap(refusal)));
    }

    /** sshd may have been told not to forward, and a command it may run. If that fails too, it at least says why. */
    private CompletableFuture<ByteChannel> openByNetcat(String path, Throwable refusal) {
        String what = "host %s does not forward to socket %s (%s), and netcat in its place"
                .formatted(host.address(), path, refusal.getMessage());
        SshStream stream = stream(what);
        SshByteChannel channel = new SshByteChannel(stream);
        String command = RemoteCommand.netcat(RemoteCommand.NETCAT, path).line();
        return start(stream, new CommandChannel(stream, command)).thenApply(done -> channel);
    }

    /** Ends the session and all its channels; may be called more than once. */
    public void close() {
        socket.close();
    }

    private SshStream stream(String what) {
        return new SshStream(() -> reason, what, tasks);
    }

    private CompletableFuture<Channel> channel(
            SshStream stream, AbstractClientChannel opening, String what, EventLoopGroup group) {
        SshChannel channel = new SshChannel(stream, host);
        TrackedFuture<Channel> result = new TrackedFuture<>();
        // Registered first: what the host says at once has to find its event loop.
        group.register(channel).addListener(registered -> {
            if (!registered.isSuccess()) {
                result.completeExceptionally(registered.cause());
                return;
            }
            start(stream, opening).whenComplete((done, failure) -> {
                if (failure != null) {
                    result.completeExceptionally(failed(what, failure));
                } else {
                    result.complete(channel);
                }
            });
        });
        result.whenComplete((open, failure) -> {
            if (failure != null) {
                channel.close();
            }
        });
        return result;
    }

    private CompletableFuture<Void> start(SshStream stream, AbstractClientChannel opening) {
        TrackedFuture<Void> started = new TrackedFuture<>();
        tasks.execute(() -> {
            if (started.isDone()) {
                return;
            }
            try {
                ClientSession open = session;
                if (open == null || !socket.isOpen()) {
                    throw new IOException("the ssh connection has ended");
                }
                open.getService(ConnectionService.class).registerChannel(opening);
                stream.open(opening).whenComplete((done, failure) -> {
                    if (failure != null) {
                        started.completeExceptionally(failure);
                    } else {
                        started.complete(null);
                    }
                });
            } catch (IOException | RuntimeException e) {
                started.completeExceptionally(e);
            }
        });
        started.whenComplete((done, failure) -> {
            if (failure != null) {
                stream.close();
            }
        });
        return started;
    }

    private void begin() {
        if (opened.isDone()) {
            return;
        }
        try {
            SshAlgorithms.prepare();
            KnownHosts hosts = new KnownHosts(uri, host, notices);
            knownHosts = hosts;
            QuietClient client = client(hosts);
            socket.closeFuture().addListener(closed -> tasks.execute(() -> client.close(true)));
            client.start();
            client.connect(host).addListener(connected -> {
                if (connected.isConnected()) {
                    logIn(connected.getClientSession());
                } else {
                    fail(connected.getException());
                }
            });
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
    }

    private QuietClient client(KnownHosts hosts) {
        QuietClient client = (QuietClient) ClientBuilder.builder()
                .factory(QuietClient::new)
                .serverKeyVerifier(hosts)
                .hostConfigEntryResolver(HostConfigEntryResolver.EMPTY)
                .channelFactories(List.of())
                .build();
        client.setIoServiceFactoryFactory(new SocketService(socket, tasks));
        client.setScheduledExecutorService(socket.eventLoop(), false);
        List<NamedFactory<Signature>> own = ownSignatures(client.getSignatureFactories());
        client.setSignatureFactories(signatures(client.getSignatureFactories(), hosts));
        if (hosts.wantsCertificate()) {
            client.setKeyExchangeFactories(CertifiedExchange.factories());
        }
        client.setMacFactories(without(client.getMacFactories(), "sha1", "md5"));
        client.setCipherFactories(ciphers(client.getCipherFactories()));
        client.onAccepted(login::accepts);
        login.configure(client, own, hosts::contradicted);
        return client;
    }

    /**
     * Asks for a certificate, if somebody is known who may sign one, and else for a key that is known of the host: it
     * may have others as well, which nobody could compare.
     */
    private static List<NamedFactory<Signature>> signatures(List<NamedFactory<Signature>> offered, KnownHosts hosts) {
        List<NamedFactory<Signature>> sorted =
                hosts.wantsCertificate() ? without(offered) : without(offered, CERTIFICATE);
        sorted.removeIf(factory -> factory.getName().equals(SHA1_SIGNATURE));
        List<String> known = hosts.types();
        sorted.sort(Comparator.comparing(
                        (NamedFactory<Signature> factory) -> !factory.getName().contains(CERTIFICATE))
                .thenComparing(
                        factory -> !known.contains(String.valueOf(KeyUtils.getCanonicalKeyType(factory.getName())))));
        return sorted;
    }

    /** For our own signatures: the host's are another matter. */
    private static List<NamedFactory<Signature>> ownSignatures(List<NamedFactory<Signature>> offered) {
        List<NamedFactory<Signature>> own = without(offered);
        own.removeIf(factory -> factory.getName().equals(SHA1_SIGNATURE));
        return own;
    }

    /** AES-GCM first: the JDK leaves it to the processor, and reckons all else an order of magnitude slower. */
    private static List<NamedFactory<Cipher>> ciphers(List<NamedFactory<Cipher>> offered) {
        List<NamedFactory<Cipher>> sorted = without(offered, "cbc", "none");
        sorted.sort(Comparator.comparing(factory -> !factory.getName().contains("gcm")));
        return sorted;
    }

    /** OpenSSH has offered none of these for years. */
    private static <T> List<NamedFactory<T>> without(List<NamedFactory<T>> offered, String... parts) {
        List<NamedFactory<T>> kept = new ArrayList<>(offered);
        kept.removeIf(
                factory -> Stream.of(parts).anyMatch(part -> factory.getName().contains(part)));
        return kept;
    }

    private void logIn(ClientSession connected) {
        session = connected;
        connected.addSessionListener(new Ending());
        try {
            connected.auth().addListener(done -> {
                if (done.isSuccess()) {
                    opened.complete(this);
                } else {
                    fail(done.getException());
                }
            });
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
    }

    private void fail(@Nullable Throwable cause) {
        opened.completeExceptionally(explain(cause));
    }

    private RuntimeException explain(@Nullable Throwable cause) {
        KnownHosts hosts = knownHosts;
        if (hosts != null && hosts.refusal() != null) {
            return hosts.refusal();
        }
        RuntimeException own = login.failure();
        if (own != null) {
            return own;
        }
        if (cause instanceof LibvirtException known) {
            return known;
        }
        if (cause instanceof SshException ssh) {
            if (String.valueOf(ssh.getMessage()).contains("Too many authentication failures")) {
                return login.hungUp();
            }
            if (ssh.getDisconnectCode() == SshConstants.SSH2_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE) {
                return login.refused();
            }
        }
        String said = reason;
        String why = said != null ? said : cause == null ? "it hung up" : String.valueOf(cause.getMessage());
        return new ConnectFailedException(
                "cannot connect to %s: ssh to host %s failed: %s".formatted(uri, host.knownAs(), why), cause);
    }

    private RuntimeException failed(String what, Throwable failure) {
        Throwable cause = LibvirtException.unwrap(failure);
        String said = String.valueOf(cause.getMessage());
        return new ConnectFailedException(
                "cannot connect to %s: %s"
                        .formatted(uri, said.startsWith(what) ? said : what + " was not opened: " + said),
                cause);
    }

    /** Remembers why the session ended: what comes first is the reason, and the rest follows from it. */
    private final class Ending implements SessionListener {
        @Override
        public void sessionException(Session ended, Throwable cause) {
            remember(String.valueOf(cause.getMessage()));
        }

        @Override
        public void sessionDisconnect(Session ended, int code, String message, String language, boolean initiator) {
            remember(initiator ? message : "the host says: " + PeerText.shown(message));
        }

        @Override
        public void sessionClosed(Session ended) {
            remember("the host hung up");
        }

        private void remember(String why) {
            if (reason == null) {
                reason = why;
            }
        }
    }
}
