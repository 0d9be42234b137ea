// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import org.jspecify.annotations.Nullable;

/**
 * Why a connection is closed.
 *
 * @param kind who ended it
 * @param cause what ended it; null if this side closed it
 * @since 0.1
 */
public record CloseReason(Kind kind, @Nullable LibvirtException cause) {
    /**
     * Who ended a connection.
     *
     * @since 0.1
     */
    public enum Kind {
        /** This side, by {@link Libvirt#close()} or {@link Libvirt#closeAsync()}. */
        CLOSED,
        /** The server or the network: end of file, a reset, or silence past the keepalive limit. */
        LOST,
        /** The server sent what the protocol does not allow, so this side hung up. */
        PROTOCOL_ERROR
    }
}
