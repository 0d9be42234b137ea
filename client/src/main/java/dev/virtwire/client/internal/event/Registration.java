// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.event;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What the server is asked for once, for all subscriptions that want it: it refuses a connection that registers for the same
 * kind of the same object again. On the event loop only.
 */
final class Registration {
    /** How it stands with the server. */
    enum State {
        /** The server knows nothing of it. */
        NONE,
        /** The server was asked for it. */
        ASKED,
        /** The server has given it an id. */
        STANDS,
        /** The server was told that it is not wanted any more. */
        LEAVES
    }

    /**
     * What the server calls a registration. Drivers count their ids each for itself, so that one of a network's event may
     * equal one of a domain's; of one message it is unique.
     */
    record Id(int program, int message, int callback) {
        static Id of(EventSource<?, ?> source, int callback) {
            return new Id(source.message().program(), source.message().number(), callback);
        }
    }

    /** Any of the sources that it serves. */
    final EventSource<?, ?> source;

    final Set<Feed.Inlet<?, ?>> inlets = new LinkedHashSet<>();
    State state = State.NONE;

    Registration(EventSource<?, ?> source) {
        this.source = source;
    }
}
