// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import java.io.IOException;

/** Walks over the leaves of a tree from left to right; leaves that are not wanted are skipped. Not for two threads. */
public interface Leaves {
    /** How many leaves there are. */
    long count();

    /** Goes to leaf {@code index}, which is not before the one that it stands at. */
    void seek(long index) throws IOException;

    /** What the leaf is; never {@link LeafKind#INHERITED} where parents are followed. */
    LeafKind kind();

    /** Up to which leaf, exclusive, {@link #kind} stays the same at least. */
    long end();

    /** Copies the digest of the leaf, one of kind {@link LeafKind#DATA}. */
    void digest(byte[] target) throws IOException;
}
