// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import dev.virtwire.image.FileUse.Kind;
import dev.virtwire.image.ImageException;

/** Adds up what is used of a file. Clusters count as wholes, compressed data as long as it is likely to be. */
public final class UsedBytes implements References.Visitor {
    private final int clusterSize;
    private long bytes;

    /** Of a file with clusters of that many bytes. */
    public UsedBytes(int clusterSize) {
        this.clusterSize = clusterSize;
    }

    /** What was met so far. */
    public long bytes() {
        return bytes;
    }

    @Override
    public void use(
            Kind kind, long number, long fileOffset, long length, long guestOffset, long entryOffset, boolean copied) {
        bytes += kind == Kind.COMPRESSED_DATA
                ? Math.max(1, (length - 1) / Entries.SECTOR * Entries.SECTOR)
                : Entries.alignUp(fileOffset % clusterSize + length, clusterSize);
    }

    @Override
    public void broken(ImageException problem) {
        // What cannot be followed uses nothing; reading and checking report it.
    }
}
