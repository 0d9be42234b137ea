// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import org.jspecify.annotations.Nullable;

/**
 * A migration that did not come to its end: it failed, it was cancelled, or one of its two connections ended. It says
 * where the guest is now. The cause is what one of the hosts answered; what went wrong while the hosts cleaned up is
 * {@linkplain #getSuppressed() suppressed}.
 *
 * @since 0.1
 */
public final class MigrationException extends LibvirtException {
    private static final long serialVersionUID = 1L;

    /**
     * Where a guest is.
     *
     * @since 0.1
     */
    public enum Place {
        /** On the host that it was to leave. */
        SOURCE,
        /** On the host to which it was to go. */
        DESTINATION,
        /** The host that knows did not answer. */
        UNKNOWN
    }

    private final Place place;
    private final boolean cancelled;

    /** Creates the error. */
    public MigrationException(String message, Place place, boolean cancelled, @Nullable Throwable cause) {
        super(message, cause);
        this.place = place;
        this.cancelled = cancelled;
    }

    /** Where the guest is, as far as it is known. */
    public Place place() {
        return place;
    }

    /** Whether this side has cancelled the migration. */
    public boolean isCancelled() {
        return cancelled;
    }
}
