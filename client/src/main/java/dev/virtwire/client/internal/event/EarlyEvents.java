// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.event;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Events that came before the reply that names their id. On the event loop only. */
final class EarlyEvents {
    /** An event, and which one it was of all that came. */
    record Early(long number, Object body) {}

    /** Events of one id. */
    static final class OfOneId {
        final List<Early> events = new ArrayList<>();

        /** How many came beyond the limit. */
        long dropped;
    }

    private final int limit;
    private final Map<Registration.Id, OfOneId> byId = new HashMap<>();

    /** At most {@code limit} events of each id are kept. */
    EarlyEvents(int limit) {
        this.limit = limit;
    }

    void add(Registration.Id id, long number, Object body) {
        OfOneId known = byId.computeIfAbsent(id, unknown -> new OfOneId());
        if (known.events.size() < limit) {
            known.events.add(new Early(number, body));
        } else {
            known.dropped++;
        }
    }

    /** Those of an id, which are then no longer kept. */
    OfOneId take(Registration.Id id) {
        OfOneId taken = byId.remove(id);
        return taken == null ? new OfOneId() : taken;
    }

    void clear() {
        byId.clear();
    }
}
