// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.DomainBusyException;
import dev.virtwire.backup.internal.host.Reasons;
import dev.virtwire.backup.internal.host.RefusedException;
import dev.virtwire.repository.internal.store.UnsureCommitException;
import java.nio.file.Path;
import java.util.List;

/** How the failure of a run is told: why it failed, and what of it is left. */
final class Failures {
    private Failures() {}

    /**
     * What a run ends with.
     *
     * @param where what it left, as {@link #leftBehind} tells, or nothing
     */
    static BackupException of(BackupRequest request, Throwable failure, String where, boolean cancelled) {
        if (cancelled) {
            return new BackupCancelledException(
                    "the backup of domain " + request.domain() + " was cancelled" + where, failure);
        }
        String text = "the backup of domain " + request.domain() + " failed: " + Reasons.of(failure) + where;
        return failure instanceof RefusedException refused && refused.isBusy() && where.isEmpty()
                ? new DomainBusyException(text, "", failure)
                : new BackupException(text, failure);
    }

    /** The same of the backup of a guest that was off, and that somebody wanted to start. */
    static BackupException gaveWay(BackupRequest request, Throwable failure, String where) {
        return new BackupException(
                "the backup of domain " + request.domain() + " failed: it was to be started, and the backup gave way"
                        + where,
                failure);
    }

    /** With the journal entry and every checkpoint in place either outcome is a good one. */
    static BackupException unsure(BackupRequest request, UnsureCommitException failure, Path repository) {
        return unsure(
                request,
                failure,
                "Nothing else was changed; the next backup or 'virtwire recover " + repository + "' tries again");
    }

    /** The same of a point that no host knows of; {@code next} says what follows. */
    static BackupException unsure(BackupRequest request, UnsureCommitException failure, String next) {
        return new BackupException(
                "the backup of domain " + request.domain() + " is not safe: " + failure.getMessage() + ". " + next,
                failure);
    }

    /** What was left, and how it goes, as the end of a sentence; nothing if nothing was. */
    static String leftBehind(List<String> left, Path repository, boolean resumable) {
        if (left.isEmpty()) {
            return "";
        }
        return ". Left behind: " + String.join("; ", left) + ". It stands in the journal; the next backup or 'virtwire"
                + " recover " + repository + "' clears it"
                + (resumable ? ". Or 'virtwire backup --resume' finishes it, if its job still runs then" : "");
    }
}
