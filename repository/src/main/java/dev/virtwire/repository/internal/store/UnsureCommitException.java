// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.Problems;
import java.io.IOException;
import java.nio.file.Path;

/** A point that is complete, but whose name the file system could not make last. */
public final class UnsureCommitException extends RepositoryException {
    private static final long serialVersionUID = 1;

    /** Of the point in this folder. */
    public UnsureCommitException(Path point, IOException reason) {
        super(
                point + " is complete, but its name may not outlive a crash: the folder could not be synced ("
                        + Problems.reason(reason) + ")",
                reason);
    }
}
