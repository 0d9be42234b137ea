// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import io.netty.channel.SelectStrategy;
import io.netty.util.IntSupplier;

/**
 * Gives way once before an event loop sleeps: whoever has just got an answer often has the next call at hand. Found
 * awake, the loop need not be woken for it, and what several callers bring goes out together.
 */
final class YieldingStrategy implements SelectStrategy {
    private boolean gaveWay;

    @Override
    @SuppressWarnings("ThreadPriorityCheck") // Nothing depends on it but speed.
    public int calculateStrategy(IntSupplier selectNow, boolean hasTasks) throws Exception {
        if (hasTasks) {
            gaveWay = false;
            return selectNow.get();
        }
        if (gaveWay) {
            gaveWay = false;
            return SELECT;
        }
        gaveWay = true;
        Thread.yield();
        return selectNow.get();
    }
}
