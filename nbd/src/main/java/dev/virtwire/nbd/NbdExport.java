// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.util.List;

/**
 * What the server said of the export when the connection was negotiated.
 *
 * @param name the name that was asked for
 * @param size in bytes; need not be a multiple of any block size
 * @param flags the protocol's transmission flags
 * @param minimumBlockSize offsets and lengths of requests are multiples of it, but for the end of the export
 * @param preferredBlockSize multiples of it are read efficiently
 * @param maximumRead the longest request that is sent, in bytes; longer reads are split
 * @param metaContexts the contexts that block status reports, in the order in which they were asked for
 * @param replies the kind of replies that was negotiated
 * @since 0.1
 */
public record NbdExport(
        String name,
        long size,
        int flags,
        int minimumBlockSize,
        int preferredBlockSize,
        int maximumRead,
        List<String> metaContexts,
        Replies replies) {
    /**
     * The kinds of replies, from the oldest to the newest.
     *
     * @since 0.1
     */
    public enum Replies {
        /** Data without any framing of its own; no block status. */
        SIMPLE,
        /** Chunks; block status of less than 4 GiB a request. */
        STRUCTURED,
        /** Chunks with 64-bit lengths, so that one request can ask for the status of a whole disk. */
        EXTENDED
    }

    private static final int FLAG_READ_ONLY = 1 << 1;
    private static final int FLAG_CAN_MULTI_CONN = 1 << 8;

    /** Immutable. */
    public NbdExport {
        metaContexts = List.copyOf(metaContexts);
    }

    /** Whether the server refuses writes. */
    public boolean isReadOnly() {
        return (flags & FLAG_READ_ONLY) != 0;
    }

    /** Whether the server promises that several connections see one another's writes; not needed if nobody writes. */
    public boolean canMultiConnect() {
        return (flags & FLAG_CAN_MULTI_CONN) != 0;
    }

    /** Whether a block status request may cover more than 4 GiB. */
    public boolean extendedHeaders() {
        return replies == Replies.EXTENDED;
    }
}
