// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol.stream;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * A stream whose data comes from the server. One read may be pending at a time.
 *
 * <p>What has come and was not read waits in a buffer of {@code ConnectOptions.streamBuffer()} bytes.
 * libvirt's streams have no window, so a full buffer leaves two ways. A stream that has a connection of its own stops
 * reading that connection, and the server waits. A stream that shares its connection ends with
 * {@code StreamOverflowException}, because calls must not wait for its reader.
 *
 * @since 0.1
 */
public interface ReadableStream extends LibvirtStream {
    /**
     * The next piece ({@code virStreamRecvFlags}, {@code virStreamRecvHole}): data, a hole if the stream was opened
     * for holes, or {@link StreamPiece.End}, which comes again at every further read. Pieces are as the server cut
     * them.
     *
     * @return fails with what has ended the stream, once what came before is read; with
     *     {@code CallRefusedException} while another read is pending. Giving it up, by cancelling or a timeout,
     *     aborts the stream, since a piece may be on its way
     */
    CompletableFuture<StreamPiece> read();

    /**
     * Reads into {@code target} ({@code virStreamRecv}), as much as is there and has room; holes as zeros. The buffer
     * belongs to the stream until the future completes.
     *
     * @return how many bytes, at least 1 if there is room, or −1 at the end; fails as {@link #read()} does
     */
    CompletableFuture<Integer> read(ByteBuffer target);
}
