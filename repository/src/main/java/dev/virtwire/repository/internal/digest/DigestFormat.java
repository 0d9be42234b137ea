// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import java.nio.charset.StandardCharsets;

/** The layout of a digest file: header, runs of the disk's leaves, runs of the image file's leaves, trailer. */
final class DigestFormat {
    static final byte[] HEADER_MAGIC = "VWDIGEST".getBytes(StandardCharsets.US_ASCII);
    static final byte[] TRAILER_MAGIC = "VWDIGEND".getBytes(StandardCharsets.US_ASCII);
    static final int VERSION = 1;

    /** Magic, version (u32), block size (u32), guest size (u64). */
    static final int HEADER = 8 + 4 + 4 + 8;

    /** Bytes of the disk's runs, of the file's runs, of the image (u64 each), both roots, magic. */
    static final int TRAILER = 8 + 8 + 8 + 32 + 32 + 8;

    /** A run: its kind in the top byte, the number of leaves below; digests follow where the kind is DATA. */
    static final int RUN = 8;

    static final int KIND_SHIFT = 56;
    static final long COUNT_MASK = (1L << KIND_SHIFT) - 1;

    private DigestFormat() {}
}
