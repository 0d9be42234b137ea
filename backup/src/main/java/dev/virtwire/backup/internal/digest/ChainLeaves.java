// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.digest;

import java.io.IOException;

/** The leaves of an increment's disk: those of its own digest file, and its parent's where it inherits. */
public final class ChainLeaves implements Leaves {
    private final Leaves own;
    private final Leaves parent;
    private Leaves at;

    /** Leaves of an increment over those of its parent, which may be a chain itself. */
    public ChainLeaves(Leaves own, Leaves parent) {
        if (own.count() != parent.count()) {
            throw new IllegalArgumentException("a disk of " + own.count() + " blocks over one of " + parent.count());
        }
        this.own = own;
        this.parent = parent;
        this.at = own;
    }

    @Override
    public long count() {
        return own.count();
    }

    @Override
    public void seek(long index) throws IOException {
        own.seek(index);
        if (own.kind() == LeafKind.INHERITED) {
            parent.seek(index);
            at = parent;
        } else {
            at = own;
        }
    }

    @Override
    public LeafKind kind() {
        return at.kind();
    }

    @Override
    public long end() {
        return Math.min(own.end(), at.end());
    }

    @Override
    public void digest(byte[] target) throws IOException {
        at.digest(target);
    }
}
