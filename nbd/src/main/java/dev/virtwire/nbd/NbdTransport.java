// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.time.Duration;

/**
 * Opens the byte channel beneath an NBD connection: a socket by default, a channel through ssh, or anything else.
 *
 * <p>The channel blocks, is read by one thread while another writes, and when it is closed by a third, both stop with
 * an exception or, when reading, with the end of the stream.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface NbdTransport {
    /**
     * Opens a channel to the server; blocks.
     *
     * @param timeout how long this may take
     * @throws IOException whose message says what could not be reached and why
     */
    ByteChannel open(NbdAddress address, Duration timeout) throws IOException;
}
