// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import org.jspecify.annotations.Nullable;

/** What a run of leaves in a digest file says. */
public enum LeafKind {
    /** Blocks of zeros. */
    ZERO(0),
    /** Blocks whose digests follow. */
    DATA(1),
    /** Blocks whose digests are those of the parent point's disk. */
    INHERITED(2);

    private final int number;

    LeafKind(int number) {
        this.number = number;
    }

    /** The number on disk. */
    int number() {
        return number;
    }

    /** The kind with a number on disk, or null if there is no such kind. */
    static @Nullable LeafKind of(int number) {
        for (LeafKind kind : values()) {
            if (kind.number == number) {
                return kind;
            }
        }
        return null;
    }
}
