// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.CallOptions;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * How a connection is made and kept. Immutable; start from {@link #defaults()} and change what differs.
 *
 * @since 0.1
 */
public final class ConnectOptions {
    /** Longer times stand for "never"; so many nanoseconds can be counted with. */
    static final Duration LONGEST = Duration.ofDays(365 * 100L);

    private static final ConnectOptions DEFAULTS = new ConnectOptions(new Builder());

    private final Duration connectTimeout;
    private final Duration callTimeout;
    private final Duration keepAliveInterval;
    private final int keepAliveCount;
    private final int maxInFlight;
    private final int maxQueued;
    private final int eventBuffer;
    private final int streamBuffer;
    private final boolean readOnly;
    private final @Nullable ReconnectPolicy reconnect;
    private final @Nullable CredentialCallback credentials;
    private final @Nullable Executor callbackExecutor;
    private final @Nullable EventLoopGroup eventLoopGroup;
    private final Consumer<String> notices;
    private final @Nullable ConnectionListener listener;

    private ConnectOptions(Builder builder) {
        connectTimeout = builder.connectTimeout;
        callTimeout = builder.callTimeout;
        keepAliveInterval = builder.keepAliveInterval;
        keepAliveCount = builder.keepAliveCount;
        maxInFlight = builder.maxInFlight;
        maxQueued = builder.maxQueued;
        eventBuffer = builder.eventBuffer;
        streamBuffer = builder.streamBuffer;
        readOnly = builder.readOnly;
        reconnect = builder.reconnect;
        credentials = builder.credentials;
        callbackExecutor = builder.callbackExecutor;
        eventLoopGroup = builder.eventLoopGroup;
        notices = builder.notices;
        listener = builder.listener;
    }

    /** The defaults that each setter of {@link Builder} names. */
    public static ConnectOptions defaults() {
        return DEFAULTS;
    }

    /** A builder that starts from the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** See {@link Builder#connectTimeout}. */
    public Duration connectTimeout() {
        return connectTimeout;
    }

    /** See {@link Builder#callTimeout}. */
    public Duration callTimeout() {
        return callTimeout;
    }

    /** See {@link Builder#keepAlive}. */
    public Duration keepAliveInterval() {
        return keepAliveInterval;
    }

    /** See {@link Builder#keepAlive}. */
    public int keepAliveCount() {
        return keepAliveCount;
    }

    /** See {@link Builder#maxInFlight}. */
    public int maxInFlight() {
        return maxInFlight;
    }

    /** See {@link Builder#maxQueued}. */
    public int maxQueued() {
        return maxQueued;
    }

    /** See {@link Builder#eventBuffer}. */
    public int eventBuffer() {
        return eventBuffer;
    }

    /** See {@link Builder#streamBuffer}. */
    public int streamBuffer() {
        return streamBuffer;
    }

    /** These options for a connection that serves one stream, and so is never made again. */
    ConnectOptions forOneStream() {
        Builder builder = new Builder(this);
        builder.reconnect = null;
        return builder.build();
    }

    /** These options for one connection and what belongs to it: of these together, each notice is given once. */
    ConnectOptions forOneConnection() {
        Builder builder = new Builder(this);
        builder.notices = Notices.onceEach(notices);
        return builder.build();
    }

    /** See {@link Builder#readOnly}. */
    public boolean readOnly() {
        return readOnly;
    }

    /** See {@link Builder#reconnect}; null if a lost connection is not made again. */
    public @Nullable ReconnectPolicy reconnect() {
        return reconnect;
    }

    /** See {@link Builder#credentials}; null if nobody is asked. */
    public @Nullable CredentialCallback credentials() {
        return credentials;
    }

    /** See {@link Builder#callbackExecutor}; null for the default. */
    public @Nullable Executor callbackExecutor() {
        return callbackExecutor;
    }

    /** See {@link Builder#eventLoopGroup}; null for the shared one. */
    public @Nullable EventLoopGroup eventLoopGroup() {
        return eventLoopGroup;
    }

    /** See {@link Builder#notices}. */
    public Consumer<String> notices() {
        return notices;
    }

    /** See {@link Builder#listener}; null if nobody listens. */
    public @Nullable ConnectionListener listener() {
        return listener;
    }

    /**
     * Collects options.
     *
     * @since 0.1
     */
    public static final class Builder {
        private Duration connectTimeout = Duration.ofSeconds(30);
        private Duration callTimeout = Duration.ofSeconds(90);
        private Duration keepAliveInterval = Duration.ofSeconds(5);
        private int keepAliveCount = 5;
        private int maxInFlight = 4;
        private int maxQueued = 4096;
        private int eventBuffer = 4096;
        private int streamBuffer = 1 << 20;
        private boolean readOnly;
        private @Nullable ReconnectPolicy reconnect;
        private @Nullable CredentialCallback credentials;
        private @Nullable Executor callbackExecutor;
        private @Nullable EventLoopGroup eventLoopGroup;
        private Consumer<String> notices = LoggerFactory.getLogger(ConnectOptions.class)::warn;
        private @Nullable ConnectionListener listener;

        private Builder() {}

        private Builder(ConnectOptions from) {
            connectTimeout = from.connectTimeout;
            callTimeout = from.callTimeout;
            keepAliveInterval = from.keepAliveInterval;
            keepAliveCount = from.keepAliveCount;
            maxInFlight = from.maxInFlight;
            maxQueued = from.maxQueued;
            eventBuffer = from.eventBuffer;
            streamBuffer = from.streamBuffer;
            readOnly = from.readOnly;
            reconnect = from.reconnect;
            credentials = from.credentials;
            callbackExecutor = from.callbackExecutor;
            eventLoopGroup = from.eventLoopGroup;
            notices = from.notices;
            listener = from.listener;
        }

        /** The longest that reaching the server, authentication and opening may take together. Default: 30 s. */
        public Builder connectTimeout(Duration timeout) {
            connectTimeout = positive(timeout, "connectTimeout");
            return this;
        }

        /**
         * The deadline of a call whose {@link CallOptions} name none. Default: 90 s, because libvirt itself waits 30 s
         * for a domain that another job holds.
         */
        public Builder callTimeout(Duration timeout) {
            callTimeout = positive(timeout, "callTimeout");
            return this;
        }

        /**
         * How a dead peer is found: after {@code interval} without a message it is pinged, and after {@code count}
         * unanswered pings the connection is lost. A count of 0 turns it off. Default: 5 s, 5 times.
         */
        public Builder keepAlive(Duration interval, int count) {
            keepAliveInterval = positive(interval, "keepAlive interval");
            keepAliveCount = atLeast(0, count, "keepAlive count");
            return this;
        }

        /**
         * How many calls the server may be working on at once; further ones wait here. Default: 4. A server stops
         * reading a connection, keepalive included, at its own limit (max_client_requests, 5 unless configured).
         */
        public Builder maxInFlight(int calls) {
            maxInFlight = atLeast(1, calls, "maxInFlight");
            return this;
        }

        /** How many calls may wait for a free slot; one more fails at once. Default: 4096. */
        public Builder maxQueued(int calls) {
            maxQueued = atLeast(0, calls, "maxQueued");
            return this;
        }

        /**
         * How many events a subscription holds for a slow subscriber before it ends with
         * {@link EventsLostException}. Default: 4096.
         */
        public Builder eventBuffer(int events) {
            eventBuffer = atLeast(1, events, "eventBuffer");
            return this;
        }

        /**
         * How many bytes a stream holds for a slow reader. A stream that shares its connection then ends with
         * {@link StreamOverflowException}; one with a connection of its own makes the server wait. Default: 1 MiB.
         */
        public Builder streamBuffer(int bytes) {
            streamBuffer = atLeast(1, bytes, "streamBuffer");
            return this;
        }

        /** Whether the connection may only read. Default: false. */
        public Builder readOnly(boolean only) {
            readOnly = only;
            return this;
        }

        /**
         * Makes a connection that is lost (not one that the server broke by what it sent) again, with authentication
         * and all. Default: it has ended.
         *
         * <p>A call that was on its way fails with {@link ConnectionLostException}: it may have been carried out, and
         * is never repeated. Calls that were not sent yet, and those made meanwhile, wait, as many as {@link
         * #maxQueued} allows and each within its deadline, and go out in their order. Subscriptions of a {@link
         * dev.virtwire.client.event.GapSubscriber} are registered again, and it is told of the gap; others end. A
         * backup job is found again. {@link Libvirt#closed()} completes at the real end: this side closed, the policy's
         * time has passed, the server refused the login, or it broke the protocol.
         */
        public Builder reconnect(ReconnectPolicy policy) {
            reconnect = Objects.requireNonNull(policy, "reconnect");
            return this;
        }

        /**
         * Who is asked for user names, passwords and passphrases that no file gives. Default: nobody, and a connection
         * that needs one fails with an error that names what is missing.
         */
        public Builder credentials(CredentialCallback callback) {
            credentials = Objects.requireNonNull(callback, "credentials");
            return this;
        }

        /**
         * Where futures complete and subscribers are called. Default: a shared pool of daemon threads. Whatever the
         * executor, callbacks of a connection come one at a time and in order, and waiting for a future of the
         * connection in one of them throws. In a subscriber it throws only on an executor that was given here. A thread
         * that waits for a future may complete it itself, and then runs what was derived from it before. {@code
         * Runnable::run} saves the hand-over: callbacks then run on the event loop and must never block.
         */
        public Builder callbackExecutor(Executor executor) {
            callbackExecutor = Objects.requireNonNull(executor, "callbackExecutor");
            return this;
        }

        /**
         * Netty event loops to run on, which stay the caller's. They have to be of the NIO, or on Linux the epoll,
         * kind. Default: at most four loops shared by all connections of this JVM, gone with the last connection.
         */
        public Builder eventLoopGroup(EventLoopGroup group) {
            eventLoopGroup = Objects.requireNonNull(group, "eventLoopGroup");
            return this;
        }

        /**
         * Who is told what weakens the trust in a connection, in a sentence each: a server or host whose certificate or
         * key is not checked, a key that is taken on trust, a line of ssh's configuration that is passed over. A person
         * should see them. Each is given once for a connection, however often that is made again.
         *
         * <p>The listener is called on threads of a shared pool, by several at once if there are several connections.
         * It may block. What it throws is logged. Default: a warning in the log of this class.
         */
        public Builder notices(Consumer<String> listener) {
            notices = Objects.requireNonNull(listener, "notices");
            return this;
        }

        /**
         * Who hears of each call, of lost connections and lost events, for metrics and the like. Default: nobody, at no
         * cost.
         *
         * @since 0.1
         */
        public Builder listener(ConnectionListener newListener) {
            listener = Objects.requireNonNull(newListener, "listener");
            return this;
        }

        /** The options. */
        public ConnectOptions build() {
            return new ConnectOptions(this);
        }

        private static Duration positive(Duration value, String name) {
            if (value.isNegative() || value.isZero()) {
                throw new IllegalArgumentException(name + ": " + value + " is not positive");
            }
            return value.compareTo(LONGEST) > 0 ? LONGEST : value;
        }

        private static int atLeast(int least, int value, String name) {
            if (value < least) {
                throw new IllegalArgumentException(name + ": " + value + " is less than " + least);
            }
            return value;
        }
    }
}
