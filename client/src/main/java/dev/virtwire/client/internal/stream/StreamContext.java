// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import dev.virtwire.client.internal.async.TrackedFuture;

/** Where a stream's code runs, before and after it has a connection. */
public interface StreamContext {
    /** The server, for messages. */
    String host();

    /** A future that fits the session's rules for waiting. */
    <T> TrackedFuture<T> newFuture();

    /** Runs a task on the event loop; at once where the caller is there. */
    void onLoop(Runnable task);

    /** Runs user code where it belongs. */
    void callback(Runnable completion);
}
