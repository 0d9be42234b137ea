// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

/**
 * A subscriber was slower than its events for longer than the buffer lasts, and the subscription has ended. What was in
 * the buffer was delivered before; {@link #count()} events after it were not. Subscribe again, and look at the state
 * itself, since events are missing.
 */
public final class EventsLostException extends LibvirtException {
    private static final long serialVersionUID = 1L;

    private final long count;

    /** Creates the error. */
    public EventsLostException(String subscription, long count, int buffer) {
        super(
                "%s: %d events lost, because the subscriber left %d waiting; the subscription has ended"
                        .formatted(subscription, count, buffer),
                null);
        this.count = count;
    }

    /** How many events were lost until the subscription had ended. */
    public long count() {
        return count;
    }
}
