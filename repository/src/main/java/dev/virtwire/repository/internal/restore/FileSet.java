// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Problems;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files that appear together. All of them are made under temporary names and get their own only when all are whole and
 * durable; on any failure none is left, and what they replaced is there again.
 */
final class FileSet {
    private static final Logger LOG = LoggerFactory.getLogger(FileSet.class);

    private final DurableFiles files;
    private final boolean replace;
    private final Map<Path, Path> finalNames = new LinkedHashMap<>();
    private final Deque<Path> folders = new ArrayDeque<>();
    private final Deque<Path> committed = new ArrayDeque<>();
    private final Map<Path, Path> aside = new LinkedHashMap<>();

    FileSet(DurableFiles files, boolean replace) {
        this.files = files;
        this.replace = replace;
    }

    /**
     * Makes a folder if it is missing.
     *
     * @param passable whether others may reach the files in it, if these let them
     */
    void folder(Path folder, boolean passable) {
        try {
            if (!Files.isDirectory(folder)) {
                files.createFolder(folder);
                folders.push(folder);
                if (passable && Files.getFileStore(folder).supportsFileAttributeView("posix")) {
                    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
                }
            }
        } catch (IOException e) {
            throw Problems.with("create", folder, e);
        }
    }

    /**
     * Refuses a name that is taken.
     *
     * @throws RepositoryException if there is such a file, and it is not to be replaced or a guest uses it
     */
    void requireFree(Path file) {
        if (!replace && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new RepositoryException(file + " exists already: choose another folder, or allow replacing");
        }
        ImageUse.refuse(file);
    }

    /** A temporary name beside the final one; what an earlier run left under it is removed. */
    Path add(Path file) throws IOException {
        Path temporary = hidden(file, "partial");
        files.delete(temporary);
        finalNames.put(temporary, file);
        return temporary;
    }

    /** What there is at one moment. */
    record Mark(Set<Path> files, Set<Path> folders) {}

    /** What there is now. */
    Mark mark() {
        return new Mark(Set.copyOf(finalNames.keySet()), Set.copyOf(folders));
    }

    /** Removes what came after {@code mark}; nothing of it has its name yet. */
    void backTo(Mark mark) throws IOException {
        for (Path temporary : List.copyOf(finalNames.keySet())) {
            if (!mark.files.contains(temporary)) {
                files.delete(temporary);
                finalNames.remove(temporary);
            }
        }
        for (Path folder : List.copyOf(folders)) {
            if (!mark.folders.contains(folder)) {
                files.delete(folder);
                folders.remove(folder);
            }
        }
    }

    private static Path hidden(Path file, String what) {
        return file.resolveSibling("." + file.getFileName() + "." + what);
    }

    /** The final names, in the order of their adding. */
    List<Path> names() {
        return List.copyOf(finalNames.values());
    }

    /** Gives all files their names. What they replace is kept until {@link #finish}. */
    void commit() throws IOException {
        for (Map.Entry<Path, Path> file : finalNames.entrySet()) {
            keep(file.getValue());
            files.rename(file.getKey(), file.getValue());
            committed.push(file.getValue());
        }
    }

    /**
     * Keeps a file that goes under a second name. A link leaves it its own until the new one takes that; on a file
     * system without links it is renamed.
     */
    private void keep(Path file) throws IOException {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS) || Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        ImageUse.refuse(file);
        Path kept = unused(file);
        aside.put(file, kept);
        try {
            files.link(kept, file);
        } catch (UnsupportedOperationException | FileSystemException e) {
            LOG.debug("{} gets no second name", file, e);
            files.rename(file, kept);
        }
    }

    /** A name that nobody has: what an earlier run left may be the only copy of what it replaced. */
    private static Path unused(Path file) {
        Path kept = hidden(file, "replaced");
        for (int number = 2; Files.exists(kept, LinkOption.NOFOLLOW_LINKS); number++) {
            kept = hidden(file, "replaced-" + number);
        }
        return kept;
    }

    /** Nothing can fail any more: what was replaced goes. */
    void finish() throws IOException {
        for (Path kept : aside.values()) {
            files.delete(kept);
        }
    }

    /** Removes everything again: some of the files without the others are not what was asked for. */
    void remove(RuntimeException failure) {
        finalNames.keySet().forEach(path -> attempt(failure, path, () -> files.delete(path)));
        committed.removeAll(aside.keySet());
        committed.forEach(path -> attempt(failure, path, () -> files.delete(path)));
        aside.forEach((file, kept) -> attempt(failure, file, () -> bringBack(kept, file)));
        new ArrayList<>(folders).forEach(path -> attempt(failure, path, () -> files.delete(path)));
    }

    private void bringBack(Path kept, Path file) throws IOException {
        if (Files.exists(kept, LinkOption.NOFOLLOW_LINKS)) {
            files.rename(kept, file);
            // Of two names of one file, both stay.
            files.delete(kept);
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    private static void attempt(RuntimeException failure, Path path, Step step) {
        try {
            step.run();
        } catch (IOException e) {
            failure.addSuppressed(new RepositoryException("left behind: " + path + ": " + Problems.reason(e), e));
        }
    }
}
