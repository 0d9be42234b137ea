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
        this(point, "its name may not outlive a crash: the folder could not be synced", reason);
    }

    private UnsureCommitException(Path point, String what, IOException reason) {
        super(point + " is complete, but " + what + " (" + Problems.reason(reason) + ")", reason);
    }

    /** Of a point that could not be written down as the newest: nobody would miss it if it got lost. */
    public static UnsureCommitException unwritten(Path point, IOException reason) {
        return new UnsureCommitException(point, "could not be written down as the newest of its domain", reason);
    }
}
