// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.spring;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.ReconnectPolicy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The properties {@code virtwire.…}. What is not set has the default of {@link ConnectOptions}.
 *
 * @param uri what to connect to, such as {@code qemu+tls://host/system}; without it, there is no connection
 * @param readOnly whether the connection may only read
 * @param connectTimeout the longest that reaching the server, authentication and opening may take together
 * @param callTimeout the deadline of a call that names none
 * @param maxInFlight how many calls the server may be at work on at once
 * @param maxQueued how many calls may wait here
 * @param eventBuffer how many events a slow subscriber may be behind
 * @param shutdownTimeout how long calls that are under way may take when the application ends. Default: 10 s
 * @param keepAlive how a dead server is found
 * @param reconnect how a connection that was lost is made again
 * @since 0.1
 */
@ConfigurationProperties("virtwire")
public record VirtwireProperties(
        @Nullable String uri,
        boolean readOnly,
        @Nullable Duration connectTimeout,
        @Nullable Duration callTimeout,
        @Nullable Integer maxInFlight,
        @Nullable Integer maxQueued,
        @Nullable Integer eventBuffer,
        @Nullable Duration shutdownTimeout,
        @Nullable KeepAlive keepAlive,
        @Nullable Reconnect reconnect) {
    private static final Duration NEVER = Duration.ofDays(365 * 100L);

    /**
     * How a dead server is found: {@code virtwire.keep-alive.…}.
     *
     * @param interval after so long without a message it is asked
     * @param count after so many questions without an answer the connection is lost; 0 turns it off
     * @since 0.1
     */
    public record KeepAlive(
            @Nullable Duration interval, @Nullable Integer count) {}

    /**
     * How a connection that was lost is made again: {@code virtwire.reconnect.…}.
     *
     * @param enabled whether it is. Default: true
     * @param firstDelay how long to wait before the first attempt
     * @param longestDelay each wait is twice the one before, up to this
     * @param giveUpAfter how long to try until the connection has ended for good. Default: without end, since the bean
     *     would be of no use any more
     * @since 0.1
     */
    public record Reconnect(
            @Nullable Boolean enabled,
            @Nullable Duration firstDelay,
            @Nullable Duration longestDelay,
            @Nullable Duration giveUpAfter) {}

    /** How long calls that are under way may take when the application ends. */
    Duration shutdownTimeoutOrDefault() {
        return shutdownTimeout == null ? Duration.ofSeconds(10) : shutdownTimeout;
    }

    /** A builder with what these properties say. */
    ConnectOptions.Builder toOptions() {
        ConnectOptions.Builder options = ConnectOptions.builder().readOnly(readOnly);
        ConnectOptions defaults = ConnectOptions.defaults();
        options.connectTimeout(or(connectTimeout, defaults.connectTimeout()))
                .callTimeout(or(callTimeout, defaults.callTimeout()))
                .maxInFlight(or(maxInFlight, defaults.maxInFlight()))
                .maxQueued(or(maxQueued, defaults.maxQueued()))
                .eventBuffer(or(eventBuffer, defaults.eventBuffer()));
        if (keepAlive != null) {
            options.keepAlive(
                    or(keepAlive.interval(), defaults.keepAliveInterval()),
                    or(keepAlive.count(), defaults.keepAliveCount()));
        }
        if (reconnect == null || or(reconnect.enabled(), true)) {
            options.reconnect(policy());
        }
        return options;
    }

    private ReconnectPolicy policy() {
        ReconnectPolicy usual = ReconnectPolicy.usual().giveUpAfter(NEVER);
        return reconnect == null
                ? usual
                : new ReconnectPolicy(
                        or(reconnect.firstDelay(), usual.firstDelay()),
                        or(reconnect.longestDelay(), usual.longestDelay()),
                        or(reconnect.giveUpAfter(), usual.giveUpAfter()));
    }

    private static <T> T or(@Nullable T value, T otherwise) {
        return value == null ? otherwise : value;
    }
}
