// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import dev.virtwire.repository.RepositoryException;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Changes {@code virtwire.json}: keeps older programs away from what they would misunderstand, and gives new ids. */
public final class RepositoryVersion {
    private static final Logger LOG = LoggerFactory.getLogger(RepositoryVersion.class);

    /** Another run needs the lock for a moment only. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private RepositoryVersion() {}

    /**
     * Raises the repository's version to {@link RepositoryFile#WITH_MERGES}, if it is lower. Durable when it returns:
     * what older programs would misunderstand may be written from then on.
     *
     * @throws dev.virtwire.repository.RepositoryException if it cannot be written
     * @throws dev.virtwire.repository.RepositoryBusyException if another run that raises it does not end
     */
    public static void raise(Path repository, DurableFiles files) {
        replace(repository, files, old -> old.raised(RepositoryFile.WITH_MERGES), () -> {});
    }

    /**
     * Gives the repository another id, and returns it; the old one is remembered.
     *
     * @param domains lists all domains of the repository
     * @throws RepositoryException if it cannot be written, or a run on a domain has not been cleared up after
     * @throws dev.virtwire.repository.RepositoryBusyException if a run is at work
     */
    public static String newId(Path repository, Supplier<List<DomainStore>> domains, DurableFiles files) {
        Map<String, DomainLock> locks = new LinkedHashMap<>();
        try {
            lockAll(domains.get(), locks);
            String id = Names.newRepositoryId();
            // From the last listing on nobody makes a domain: that is done under the same lock.
            replace(repository, files, old -> old.renamed(id), () -> lockAll(domains.get(), locks));
            return id;
        } finally {
            locks.values().forEach(DomainLock::close);
        }
    }

    private static void lockAll(List<DomainStore> domains, Map<String, DomainLock> locks) {
        for (DomainStore domain : domains) {
            if (!locks.containsKey(domain.name())) {
                try {
                    locks.put(domain.name(), domain.lock());
                } catch (RepositoryException e) {
                    if (domain.exists()) {
                        throw e;
                    }
                    LOG.debug("{} was erased meanwhile", domain.folder(), e);
                    continue;
                }
                refuseUnfinished(domain);
            }
        }
    }

    /** Whether a repository has this id now, or had it; who opened it before it got the id knows nothing of that. */
    static boolean isIdOf(Path repository, String id) {
        RepositoryFile now = RepositoryFile.read(repository);
        return now.id().equals(id) || now.formerIds().contains(id);
    }

    /** What a run left on a host has names with the old id, and in a copy it is not ours. */
    private static void refuseUnfinished(DomainStore domain) {
        List<String> unfinished = domain.journal().points();
        if (!unfinished.isEmpty()) {
            Path entry = domain.journal().file(unfinished.get(0));
            throw new RepositoryException(
                    "the run that wrote " + entry + " has not been cleared up after. If this is the original, run"
                            + " recover. If this is a copy, what that run left belongs to the original: delete " + entry
                            + " and " + domain.partial(unfinished.get(0)));
        }
    }

    private static void replace(
            Path repository, DurableFiles files, UnaryOperator<RepositoryFile> change, Runnable first) {
        Path file = repository.resolve(Names.REPOSITORY);
        Path sum = repository.resolve(Names.REPOSITORY_SUM);
        if (isDone(repository, change)) {
            return;
        }
        DomainLock lock =
                DomainLock.acquire(repository.resolve(Names.REPOSITORY_LOCK), repository.toString(), PATIENCE);
        try {
            first.run();
            if (!isDone(repository, change)) {
                SummedFile.replace(files, file, sum, change.apply(RepositoryFile.read(repository)));
            }
        } catch (IOException e) {
            throw Problems.with("change " + Names.REPOSITORY + " in", repository, e);
        } finally {
            lock.close();
        }
    }

    /** Not so while a run that changes it has not ended, or died. */
    private static boolean isDone(Path repository, UnaryOperator<RepositoryFile> change) {
        RepositoryFile now = RepositoryFile.read(repository);
        return change.apply(now).equals(now)
                && !Files.exists(SummedFile.next(repository.resolve(Names.REPOSITORY_SUM)), LinkOption.NOFOLLOW_LINKS);
    }
}
