// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * An export that can be read: over one connection, or over a session that outlives connections. Safe for use by several
 * threads.
 *
 * @since 0.1
 */
public sealed interface NbdReader extends AutoCloseable permits NbdConnection, NbdSession {
    /** What was negotiated. */
    NbdExport export();

    /** The server and the export, as error messages name them. */
    NbdUri uri();

    /**
     * Reads from {@code offset} on as many bytes as {@code destination} has remaining, into it. The buffer must not be
     * touched until the future completes.
     *
     * @param offset a multiple of the minimum block size; so is the length, but at the end of the export
     * @return fails with an {@link NbdException}
     */
    CompletableFuture<Void> read(long offset, ByteBuffer destination);

    /**
     * Asks for the extents of all negotiated contexts from {@code offset} on.
     *
     * @param offset a multiple of the minimum block size; so is the length, but at the end of the export
     * @param length at least 1
     * @return the extents by context, see {@link NbdConnection#blockStatus(long, long)}; fails with an {@link
     *     NbdException}
     */
    CompletableFuture<Map<String, ExtentList>> blockStatus(long offset, long length);

    /** Takes leave of the server; requests that are pending fail. Idempotent. */
    @Override
    void close();
}
