// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.access;

import dev.virtwire.client.CallRefusedException;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.ReconnectPolicy;
import dev.virtwire.client.internal.call.Session;
import dev.virtwire.client.internal.transport.HostSockets;
import dev.virtwire.client.internal.transport.Transport;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.StreamProcedure;
import dev.virtwire.protocol.stream.LibvirtStream;
import dev.virtwire.protocol.stream.Opened;
import io.netty.channel.Channel;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * A connection as our own upper floors see it: beside the calls that users are offered, what code needs that builds on
 * them.
 */
public abstract class LibvirtAccess {
    private static volatile @Nullable Function<Libvirt, LibvirtAccess> opener;

    private final Session session;
    private final CallOptions options;

    /** What {@link Libvirt} gives, with the options of its calls. */
    protected LibvirtAccess(Session session, CallOptions options) {
        this.session = session;
        this.options = options;
    }

    /** Takes what opens a {@link Libvirt}, from that class, once. */
    public static void openBy(Function<Libvirt, LibvirtAccess> given) {
        opener = given;
    }

    /** The access to a connection; calls have its options. */
    public static LibvirtAccess to(Libvirt libvirt) {
        Function<Libvirt, LibvirtAccess> given = opener;
        if (given == null) {
            throw new IllegalStateException("Libvirt was not initialised");
        }
        return given.apply(libvirt);
    }

    /**
     * Calls a procedure whose success leaves something behind.
     *
     * @param undo removes it, if the result comes after the caller has given up
     */
    public <A, R> CompletableFuture<R> call(Procedure<A, R> procedure, A arguments, Consumer<R> undo) {
        return session.call(procedure, arguments, options, undo);
    }

    /**
     * Lets {@link Libvirt#closeAsync} wait for {@code work}, and calls be made until then: it may have to undo what a
     * caller has given up.
     */
    public void closeWaitsFor(CompletableFuture<?> work) {
        session.closeWaitsFor(work);
    }

    /**
     * As {@link Libvirt#open}, on a connection of the stream's own, made to the same URI in the same way and closed
     * when the stream has ended, or this connection: for a stream with much data, whose reader or server may be slow. A
     * password that was asked for is asked for again.
     */
    public abstract <A, R, S extends LibvirtStream> CompletableFuture<Opened<R, S>> openApart(
            StreamProcedure<A, R, S> procedure, A arguments);

    /**
     * Connects once more, to the same URI in the same way, as after this connection was lost. Neither of the two knows
     * of the other: domains and events of this one stay with it.
     */
    public abstract CompletableFuture<Libvirt> connectAgain();

    /** How this connection is made again if it is lost; empty if it is not. */
    public Optional<ReconnectPolicy> reconnectPolicy() {
        return Optional.ofNullable(session.options().reconnect());
    }

    /**
     * A TLS engine, in client mode, for one more connection to the same host, such as a backup's NBD export: it shows
     * the certificate that this connection has shown, and believes a server whom this connection would have believed,
     * by the same CA and the same host name. Files are not read again.
     *
     * @return empty if this connection is not by TLS
     */
    public Optional<SSLEngine> newTlsEngine() {
        return Optional.ofNullable(session.channel())
                .map(channel -> channel.attr(Transport.TLS_ENGINES).get())
                .map(Supplier::get);
    }

    /** Whether {@link #openHostSocket} can reach sockets of the host: over ssh. */
    public boolean reachesHostSockets() {
        return hostSockets() != null;
    }

    /**
     * Connects to a UNIX socket of the host through this connection's own ssh session, so that nothing there listens on
     * a port for it: by OpenSSH's forwarding of sockets, and if the host's sshd does not allow that, by netcat there.
     *
     * @param path the socket's path at the host
     * @return a channel whose reads and writes block, and end with an exception if another thread closes it; it ends
     *     with this connection at the latest. Fails with {@link CallRefusedException} over another transport, and with
     *     an {@link java.io.IOException} if the socket cannot be reached; if netcat has to serve, that shows at the
     *     first read
     */
    public CompletableFuture<ByteChannel> openHostSocket(String path) {
        HostSockets sockets = hostSockets();
        if (sockets == null) {
            return CompletableFuture.failedFuture(
                    new CallRefusedException("socket %s on %s cannot be reached: only connections by ssh can do that"
                            .formatted(path, session.host())));
        }
        return sockets.open(path);
    }

    private @Nullable HostSockets hostSockets() {
        Channel channel = session.channel();
        return channel == null ? null : channel.attr(HostSockets.KEY).get();
    }

    /**
     * A future to complete by hand, with this connection's rules: giving up what is derived from it gives it up, and
     * waiting for it in a callback of this connection throws instead of hanging.
     */
    public <T> CompletableFuture<T> newFuture() {
        return session.newFuture();
    }

    /**
     * Runs a task once, after a delay, on the connection's timer. The task runs where callbacks do; it does not run if
     * the connection has ended before, which its calls then say by {@link ConnectionLostException}.
     */
    public void later(Duration delay, Runnable task) {
        session.later(delay, task);
    }
}
