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

/**
 * Files that appear together. All of them are made under temporary names and get their own only when all are whole and
 * durable; on any failure none is left, and what they replaced is there again.
 */
final class FileSet {
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
     * @throws RepositoryException if there is such a file, and it is not to be replaced
     */
    void requireFree(Path file) {
        if (!replace && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new RepositoryException(file + " exists already: choose another folder, or allow replacing");
        }
    }

    /** A temporary name beside the final one; what an earlier run left under it is removed. */
    Path add(Path file) throws IOException {
        Path temporary = hidden(file, "partial");
        files.delete(temporary);
        finalNames.put(temporary, file);
        return temporary;
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

    /** A second name for the file that goes, where the file system knows such. */
    private void keep(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Path kept = hidden(file, "replaced");
        files.delete(kept);
        try {
            Files.createLink(kept, file);
            aside.put(file, kept);
        } catch (UnsupportedOperationException | FileSystemException e) {
            // Then it is replaced all the same: that is what was asked for.
            aside.remove(file);
        }
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
        for (Path file : committed) {
            Path kept = aside.remove(file);
            attempt(failure, file, () -> {
                if (kept != null) {
                    files.rename(kept, file);
                } else {
                    files.delete(file);
                }
            });
        }
        List.copyOf(aside.values()).forEach(path -> attempt(failure, path, () -> files.delete(path)));
        new ArrayList<>(folders).forEach(path -> attempt(failure, path, () -> files.delete(path)));
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
