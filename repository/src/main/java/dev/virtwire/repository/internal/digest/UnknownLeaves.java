// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

/** The leaves of a disk whose digest file is lost: they are somebody's, and nobody knows them. */
public final class UnknownLeaves implements Leaves {
    private final long count;

    /** So many. */
    public UnknownLeaves(long count) {
        this.count = count;
    }

    @Override
    public long count() {
        return count;
    }

    @Override
    public void seek(long index) {
        if (index < 0 || index >= count) {
            throw new IllegalArgumentException("leaf " + index + " of " + count);
        }
    }

    @Override
    public LeafKind kind() {
        return LeafKind.INHERITED;
    }

    @Override
    public long end() {
        return count;
    }

    @Override
    public void digest(byte[] target) {
        throw new IllegalStateException("a leaf that nobody knows");
    }
}
