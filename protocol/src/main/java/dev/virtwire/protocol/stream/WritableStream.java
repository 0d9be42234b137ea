// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol.stream;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * A stream whose data goes to the server. Any number of writes may be pending; they are sent in their order. A server
 * that is slower than its writers stops reading the connection, and the writes wait.
 *
 * @since 0.1
 */
public interface WritableStream extends LibvirtStream {
    /**
     * Sends what remains in {@code source} ({@code virStreamSend}). The buffer belongs to the stream until the future
     * completes, and then has nothing remaining.
     *
     * @return completes when the bytes are on their way, which does not say that the server has used them:
     *     {@link #finish()} does. Fails with what has ended the stream. Giving it up, by cancelling or a timeout,
     *     aborts the stream, since a part may be on its way
     */
    CompletableFuture<Void> write(ByteBuffer source);

    /**
     * Skips so many bytes at the receiver ({@code virStreamSendHole}). The server writes nothing there: what was there
     * before, it keeps.
     *
     * @param length bytes, at least 1
     * @return as {@link #write}; fails with {@code CallRefusedException} if the stream was not
     *     opened for holes, which would make the server close the connection
     * @throws IllegalArgumentException if the length is not positive
     */
    CompletableFuture<Void> writeHole(long length);
}
