// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.unfinished.UnfinishedPoint;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds out by trying what a file system can do, in a hidden folder that goes again. */
final class FileSystemProbe {
    private static final Logger LOG = LoggerFactory.getLogger(FileSystemProbe.class);
    private static final String PREFIX = ".virtwire.doctor-";

    /** A probe takes a moment. */
    private static final Duration LONGEST = Duration.ofHours(1);

    private FileSystemProbe() {}

    /** Tries in {@code folder}, which can be written and is a repository or may become one. */
    static Answer in(Path folder) throws IOException {
        DurableFiles files = DurableFiles.PLAIN;
        Path probe = folder.resolve(PREFIX + Names.random());
        try {
            files.createFolder(probe);
            Path file = probe.resolve("lower");
            files.writeNew(file, new byte[1]);
            DomainLock.acquire(probe.resolve(Names.LOCK), probe.toString()).close();
            files.rename(file, probe.resolve("renamed"));
            return answer(probe, sweep(folder, probe));
        } catch (RepositoryException e) {
            return Answer.fails(
                    "files cannot be locked there: " + e.getMessage(),
                    "mount it with locks, or choose another file system for the repository");
        } catch (IOException e) {
            return Answer.fails(
                    "files cannot be written there as a backup writes them: " + Problems.reason(e),
                    "choose another file system for the repository");
        } finally {
            files.deleteTree(probe);
        }
    }

    /**
     * Deletes the folders that others left who were ended in the middle.
     *
     * @param now was made just now, by the clock of whoever has the files
     * @return those that cannot be deleted, each one sentence
     */
    private static List<String> sweep(Path folder, Path now) throws IOException {
        Instant longAgo = Files.getLastModifiedTime(now).toInstant().minus(LONGEST);
        List<String> stay = new ArrayList<>();
        try (DirectoryStream<Path> probes = Files.newDirectoryStream(folder, PREFIX + "*")) {
            for (Path probe : probes) {
                try {
                    if (Files.getLastModifiedTime(probe, LinkOption.NOFOLLOW_LINKS)
                            .toInstant()
                            .isBefore(longAgo)) {
                        DurableFiles.PLAIN.deleteTree(probe);
                    }
                } catch (NoSuchFileException e) {
                    LOG.debug("another look has deleted {}", probe, e);
                } catch (IOException e) {
                    stay.add(probe + " was left of an earlier look, and cannot be deleted: " + Problems.reason(e));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return stay;
    }

    private static Answer answer(Path probe, List<String> stay) throws IOException {
        List<String> lacks = new ArrayList<>(stay);
        boolean open = UnfinishedPoint.isOpenToOthers(probe);
        if (open) {
            lacks.add("it has no modes, so others can read what is in it");
        }
        if (Files.exists(probe.resolve("RENAMED"))) {
            lacks.add("it does not tell capital letters from small ones, so of two domains whose names differ by that"
                    + " only one can be backed up");
        }
        if (lacks.isEmpty()) {
            return Answer.ok("it locks, renames and syncs files, and keeps their modes");
        }
        String found = String.join("; ", lacks);
        return open
                ? Answer.warning(found, "mount it for one user alone, with umask=077 for instance")
                : Answer.note(found, null);
    }
}
