// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.digest.Leaves;
import java.io.IOException;

/**
 * What a disk is compared with if nobody knows what changed: all of it is read, and a block whose digest is the
 * parent's is not stored again. For one thread, from the first block to the last.
 */
public final class Comparison {
    private final Leaves parent;
    private LeafKind kind = LeafKind.ZERO;
    private long end;

    /**
     * With a parent's content.
     *
     * @param parent the parent's leaves, parents followed; nobody else moves them
     */
    public Comparison(Leaves parent) {
        this.parent = parent;
    }

    /** Whether the parent has zeros there. */
    boolean isZero(long block) throws IOException {
        return kindOf(block) == LeafKind.ZERO;
    }

    /** The digest with which a block is the parent's. */
    byte[] leaf(long block) throws IOException {
        if (kindOf(block) == LeafKind.ZERO) {
            return BlockTree.zeroLeaf();
        }
        byte[] leaf = new byte[BlockTree.DIGEST];
        parent.seek(block);
        parent.digest(leaf);
        return leaf;
    }

    private LeafKind kindOf(long block) throws IOException {
        if (block >= end) {
            parent.seek(block);
            kind = parent.kind();
            end = parent.end();
        }
        return kind;
    }
}
