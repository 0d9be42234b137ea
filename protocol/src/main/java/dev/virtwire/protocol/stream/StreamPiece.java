// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol.stream;

import java.nio.ByteBuffer;

/**
 * What comes next in a stream.
 *
 * @since 0.1
 */
public sealed interface StreamPiece {
    /**
     * Bytes.
     *
     * @param bytes at least one; the reader's own
     * @since 0.1
     */
    record Data(ByteBuffer bytes) implements StreamPiece {}

    /**
     * Bytes that are all zero, and not allocated at their source.
     *
     * @param length how many, at least 1
     * @since 0.1
     */
    record Hole(long length) implements StreamPiece {}

    /**
     * Nothing comes any more: the sender has said that this was all.
     *
     * @since 0.1
     */
    record End() implements StreamPiece {}
}
