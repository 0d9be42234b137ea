// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

/**
 * More came in a stream than its reader took, for longer than the buffer lasts, on a connection that the stream shares.
 * The stream has ended; what was in the buffer was delivered before.
 *
 * @since 0.1
 */
public final class StreamOverflowException extends LibvirtException {
    private static final long serialVersionUID = 1L;

    /** Creates the error. */
    public StreamOverflowException(String stream, int buffer) {
        super(
                "%s: the stream has ended, because its reader was too slow: its buffer of %d bytes was full, and calls on the same connection must not wait for it"
                        .formatted(stream, buffer),
                null);
    }
}
