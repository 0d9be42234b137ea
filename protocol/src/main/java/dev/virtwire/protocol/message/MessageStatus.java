// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol.message;

/**
 * How a message's call or stream stands ({@code virNetMessageStatus}).
 *
 * @since 0.1
 */
public final class MessageStatus {
    /** A result; for a stream its end. */
    public static final int OK = 0;
    /** An error. */
    public static final int ERROR = 1;
    /** More of a stream. */
    public static final int CONTINUE = 2;

    private MessageStatus() {}
}
