// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import dev.virtwire.repository.RepositoryBusyException;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.RepositoryFile;
import dev.virtwire.repository.internal.format.SummedFile;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.work.Workers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Keeps older programs away from a repository that holds what they would misunderstand. */
public final class RepositoryVersion {
    private static final int TRIES = 60;
    private static final long PAUSE_MILLIS = 50;

    private RepositoryVersion() {}

    /**
     * Raises the repository's version to {@link RepositoryFile#VERSION}, if it is lower. Durable when it returns: what
     * older programs would misunderstand may be written from then on.
     *
     * @throws dev.virtwire.repository.RepositoryException if it cannot be written
     * @throws RepositoryBusyException if another run that raises it does not end
     */
    public static void raise(Path repository, DurableFiles files) {
        Path file = repository.resolve(Names.REPOSITORY);
        Path sum = repository.resolve(Names.REPOSITORY_SUM);
        if (isRaised(file, sum)) {
            return;
        }
        DomainLock lock = lock(repository);
        try {
            RepositoryFile old =
                    SummedFile.read(file, sum, RepositoryFile.class).value();
            if (!isRaised(file, sum)) {
                SummedFile.replace(
                        files,
                        file,
                        sum,
                        new RepositoryFile(old.format(), RepositoryFile.VERSION, old.id(), old.created()));
            }
        } catch (IOException e) {
            throw Problems.with("raise the version of the repository in", repository, e);
        } finally {
            lock.close();
        }
    }

    /** Another run needs it for a moment only. */
    private static DomainLock lock(Path repository) {
        for (int tries = 1; ; tries++) {
            try {
                return DomainLock.acquire(repository.resolve(Names.REPOSITORY_LOCK), repository.toString());
            } catch (RepositoryBusyException e) {
                if (tries == TRIES) {
                    throw e;
                }
                Workers.pause(PAUSE_MILLIS);
            }
        }
    }

    /** Not so while a run that raises it has not ended, or died. */
    private static boolean isRaised(Path file, Path sum) {
        return SummedFile.read(file, sum, RepositoryFile.class).value().version() >= RepositoryFile.VERSION
                && !Files.exists(SummedFile.next(sum), LinkOption.NOFOLLOW_LINKS);
    }
}
