// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol.message;

/**
 * What a message is ({@code virNetMessageType}); plain numbers, because a switch on them is the hot path.
 *
 * @since 0.1
 */
public final class MessageType {
    /** A call, client to server. */
    public static final int CALL = 0;
    /** The reply to a call. */
    public static final int REPLY = 1;
    /** An event or a keepalive, unasked. */
    public static final int MESSAGE = 2;
    /** A packet of a stream. */
    public static final int STREAM = 3;
    /** A call with file descriptors. */
    public static final int CALL_WITH_FDS = 4;
    /** A reply with file descriptors. */
    public static final int REPLY_WITH_FDS = 5;
    /** A hole in a sparse stream. */
    public static final int STREAM_HOLE = 6;

    private MessageType() {}
}
