// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import dev.virtwire.repository.RepositoryBusyException;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.RepositoryFile;
import dev.virtwire.repository.internal.journal.DomainLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Takes the right to write a domain, of the repository that was opened: one that got another id meanwhile is not that
 * one any more. A domain's folder is made under the repository's lock, so that who gives a new id knows all of them.
 *
 * @param domain whose right it is
 */
record DomainLocking(DomainStore domain) {
    /** Another run makes a folder under the lock, or changes {@code virtwire.json}. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** Makes the folder if it is missing. */
    DomainLock makeAndLock() {
        refuseLink(domain.folder());
        if (domain.exists()) {
            return lock();
        }
        Path repository = domain.repositoryFolder();
        DomainLock making =
                DomainLock.acquire(repository.resolve(Names.REPOSITORY_LOCK), repository.toString(), PATIENCE);
        try {
            requireId();
            domain.files().createFolder(domain.folder());
            return lock();
        } catch (IOException e) {
            throw Problems.with("create", domain.folder(), e);
        } finally {
            making.close();
        }
    }

    /**
     * Makes no folder but the journal's.
     *
     * @throws RepositoryException if the domain is gone
     */
    DomainLock lock() {
        refuseLink(domain.folder());
        Path journal = domain.journal().folder();
        refuseLink(journal);
        DomainLock lock;
        try {
            domain.files().createFolder(journal);
            lock = DomainLock.acquire(
                    journal.resolve(Names.LOCK), "domain " + domain.name() + " in " + domain.repositoryFolder());
        } catch (NoSuchFileException e) {
            throw gone(e);
        } catch (IOException e) {
            throw Problems.with("create", journal, e);
        } catch (RepositoryBusyException e) {
            throw e;
        } catch (RepositoryException e) {
            throw domain.exists() ? e : gone(e);
        }
        try {
            requireId();
            return lock;
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /**
     * Refuses a repository that has another id than it had when it was opened; nobody gives it one while the caller has
     * a lock of it.
     */
    private void requireId() {
        Path repository = domain.repositoryFolder();
        String now = RepositoryFile.read(repository).id();
        if (!now.equals(domain.repositoryId())) {
            throw new RepositoryException("repository " + repository + " got another id meanwhile, " + now + " and not "
                    + domain.repositoryId() + " any more: open it again");
        }
    }

    private RepositoryException gone(Exception cause) {
        return new RepositoryException(
                "repository " + domain.repositoryFolder() + " holds nothing of a domain " + domain.name()
                        + " any more: it was erased meanwhile",
                cause);
    }

    private static void refuseLink(Path path) {
        if (Files.isSymbolicLink(path)) {
            throw new RepositoryException(path + " is a symbolic link, and a repository follows none: put the folder"
                    + " itself there, or mount it");
        }
    }
}
