// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.CloseReason;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.internal.async.TrackedFuture;
import dev.virtwire.client.internal.stream.StreamContext;
import dev.virtwire.client.internal.stream.StreamFlow;
import dev.virtwire.client.internal.stream.StreamOpening;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.Caller;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.stream.LibvirtStream;
import dev.virtwire.protocol.stream.Opened;
import io.netty.channel.Channel;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * What a user's connection speaks through: one {@link Connection}, or with {@link ReconnectingSession} one after the
 * other. It stays on one event loop all its life.
 */
public interface Session extends Caller, StreamContext {
    /** Hears of connections that are lost and made again; on the event loop. */
    interface Interruptions {
        /** The connection is lost, and will be made again or the session ends. */
        void lost(Instant when, LibvirtException cause);

        /** There is a connection again. Calls that are made here go out before those that have waited. */
        void resumed();
    }

    /** How the connection was made. */
    ConnectOptions options();

    /** Completes at the end, with the reason. */
    TrackedFuture<CloseReason> closed();

    /** Runs subscribers, which may be slow: apart from other callbacks, so that they delay no call. */
    Executor subscriberExecutor();

    @Override
    default <A, R> CompletableFuture<R> call(Procedure<A, R> procedure, A arguments, CallOptions callOptions) {
        return call(procedure, arguments, callOptions, null);
    }

    /**
     * Calls a procedure whose success leaves something behind.
     *
     * @param undo removes it, where the result came after its caller had gone
     */
    <A, R> CompletableFuture<R> call(
            Procedure<A, R> procedure, A arguments, CallOptions callOptions, @Nullable Consumer<R> undo);

    @Override
    default <A, R, S extends LibvirtStream> CompletableFuture<Opened<R, S>> open(
            Procedure<A, R> procedure, A arguments, Class<S> kind, CallOptions callOptions) {
        return open(
                procedure,
                arguments,
                kind,
                callOptions,
                new StreamFlow(options().streamBuffer(), false));
    }

    /** As the other, and says what happens when more comes in the stream than is read. */
    default <A, R, S extends LibvirtStream> CompletableFuture<Opened<R, S>> open(
            Procedure<A, R> procedure, A arguments, Class<S> kind, CallOptions callOptions, StreamFlow flow) {
        String mismatch = StreamOpening.mismatch(procedure, kind);
        if (mismatch != null) {
            return CompletableFuture.failedFuture(Call.notSent(procedure, host(), mismatch));
        }
        StreamOpening<A, R, S> opening = new StreamOpening<>(procedure, arguments, kind, this, flow);
        return call(
                opening.call(), arguments, callOptions, late -> late.stream().abort());
    }

    /** Hears an event message. The listener runs on the event loop and only hands over. */
    <T> void listen(EventMessage<T> message, Consumer<T> listener);

    /** Hears of interruptions; a session that has none never tells. */
    void onInterruption(Interruptions listener);

    /** Hears the end, on the event loop; at once where it has come. */
    void onClose(Consumer<LibvirtException> listener);

    /** Runs a task once, after a delay, where callbacks run; not at all when the session has ended before. */
    void later(Duration delay, Runnable task);

    /** Makes TLS engines as this session's own was made; null where it is not by TLS. */
    @Nullable
    Supplier<SSLEngine> tlsEngines();

    /** The present connection's channel, on which its transport may have left something; null while there is none. */
    @Nullable
    Channel channel();

    /** Ends at once; what is pending fails. */
    void close();

    /** Lets pending calls finish, then says goodbye by {@code procedure} and ends. */
    void closeAfter(Procedure<Void, Void> procedure);
}
