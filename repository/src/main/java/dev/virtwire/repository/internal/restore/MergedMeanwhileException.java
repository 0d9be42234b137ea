// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import dev.virtwire.repository.RepositoryException;
import org.jspecify.annotations.Nullable;

/** Points were merged while they were read. What was found wrong with them says nothing, and they can be read again. */
final class MergedMeanwhileException extends RepositoryException {
    private static final long serialVersionUID = 1L;

    /** So often a disk is begun again; every time a merge has ended meanwhile. */
    static final int MOST_ROUNDS = 20;

    MergedMeanwhileException(String point, String domain, @Nullable Throwable cause) {
        super(
                "points that " + point + " of domain " + domain
                        + " builds on were merged by a prune, again and again, while it was read: restore it when"
                        + " that has ended",
                cause);
    }
}
