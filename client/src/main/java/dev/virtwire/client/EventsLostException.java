// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

/**
 * A subscriber was slower than its events for longer than the buffer lasts, or an event could not be read, and the
 * subscription has ended. What came before was delivered; {@link #count()} events after it were not. Subscribe again,
 * and look at the state itself, since events are missing.
 *
 * @since 0.1
 */
public final class EventsLostException extends LibvirtException {
    private static final long serialVersionUID = 1L;

    private final long count;

    /** Creates the error; {@code why} is why the first of them was lost. */
    public EventsLostException(String subscription, long count, String why) {
        super("%s: %d events lost, because %s; the subscription has ended".formatted(subscription, count, why), null);
        this.count = count;
    }

    /** How many events were lost until the subscription had ended. */
    public long count() {
        return count;
    }
}
