// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.time.Duration;

/**
 * Hears what a connection does, for metrics and the like: {@link ConnectOptions.Builder#listener}. A connection that a
 * stream gets of its own is one more.
 *
 * <p>The methods are called on a shared pool, one after the other for each connection, and by several connections at
 * once. They delay no call. If a listener is slower than its connection for long, reports are left out and counted:
 * see {@link #missed}. What it throws is logged.
 *
 * @since 0.1
 */
public interface ConnectionListener {
    /** The connection stands for the first time. The calls that made it were reported before. */
    default void opened(ConnectionMeter connection) {}

    /** A call has ended, in whatever way. Calls that the connection makes for itself are reported too. */
    default void called(ConnectionMeter connection, CallReport call) {}

    /** The connection is lost, and will be made again if there is a {@link ReconnectPolicy}. */
    default void lost(ConnectionMeter connection, LibvirtException cause) {}

    /**
     * The connection was made again.
     *
     * @param gap how long there was none
     */
    default void reconnected(ConnectionMeter connection, Duration gap) {}

    /**
     * A subscription has lost events, and has ended.
     *
     * @param subscription what it is, as in the message of {@link EventsLostException}
     * @param events how many
     */
    default void eventsLost(ConnectionMeter connection, String subscription, long events) {}

    /** The connection has ended for good. Nothing of it is reported any more, except calls that are still made. */
    default void closed(ConnectionMeter connection, CloseReason reason) {}

    /**
     * This listener was too slow.
     *
     * @param reports how many reports were left out since the last one
     */
    default void missed(ConnectionMeter connection, long reports) {}
}
