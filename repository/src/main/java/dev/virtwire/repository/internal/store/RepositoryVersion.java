// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.RepositoryFile;
import dev.virtwire.repository.internal.format.SummedFile;
import dev.virtwire.repository.internal.journal.DomainLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;

/** Keeps older programs away from a repository that holds what they would misunderstand. */
public final class RepositoryVersion {
    /** Another run needs the lock for a moment only. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private RepositoryVersion() {}

    /**
     * Raises the repository's version to {@link RepositoryFile#VERSION}, if it is lower. Durable when it returns: what
     * older programs would misunderstand may be written from then on.
     *
     * @throws dev.virtwire.repository.RepositoryException if it cannot be written
     * @throws dev.virtwire.repository.RepositoryBusyException if another run that raises it does not end
     */
    public static void raise(Path repository, DurableFiles files) {
        Path file = repository.resolve(Names.REPOSITORY);
        Path sum = repository.resolve(Names.REPOSITORY_SUM);
        if (isRaised(file, sum)) {
            return;
        }
        DomainLock lock =
                DomainLock.acquire(repository.resolve(Names.REPOSITORY_LOCK), repository.toString(), PATIENCE);
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

    /** Not so while a run that raises it has not ended, or died. */
    private static boolean isRaised(Path file, Path sum) {
        return SummedFile.read(file, sum, RepositoryFile.class).value().version() >= RepositoryFile.VERSION
                && !Files.exists(SummedFile.next(sum), LinkOption.NOFOLLOW_LINKS);
    }
}
