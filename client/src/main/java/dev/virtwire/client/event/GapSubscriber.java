// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.ConnectOptions;
import java.util.concurrent.Flow;

/**
 * A subscriber that can be told of a gap, and whose subscription therefore outlives a lost connection if
 * {@link ConnectOptions.Builder#reconnect} is on. Any other subscriber's ends with the connection that it began with,
 * since events would be missing without a word.
 *
 * @param <E> the events
 * @since 0.1
 */
public interface GapSubscriber<E> extends Flow.Subscriber<E> {
    /**
     * The subscription stands again, after a connection was lost and made again. Comes after the last event from before
     * and before the first one from after, like them one at a time, and does not count as one that was asked for.
     */
    void onGap(EventGap gap);
}
