// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Every change that a repository makes to names and small files, each one durable when its method returns. A hook is
 * told of each step before it is taken, so that a test can let the program die there.
 */
public final class DurableFiles {
    /** What a step does. */
    public enum Step {
        CREATE_FOLDER,
        WRITE,
        SYNC_FILE,
        SYNC_FOLDER,
        RENAME,
        LINK,
        DELETE
    }

    /** Told of each step before it is taken; what it throws keeps the step from being taken. */
    @FunctionalInterface
    public interface Hook {
        /** About to take {@code step} on {@code path}. */
        void before(Step step, Path path) throws IOException;
    }

    /** Files without a hook. */
    public static final DurableFiles PLAIN = new DurableFiles((step, path) -> {});

    private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> FOLDER = PosixFilePermissions.fromString("rwx------");

    private final Hook hook;

    /** Files whose every step is told to {@code hook} first. */
    public DurableFiles(Hook hook) {
        this.hook = hook;
    }

    /** Attributes of a file that only its owner may read. */
    public static FileAttribute<?>[] privateFile(Path where) {
        return attributes(where, FILE);
    }

    private static FileAttribute<?>[] attributes(Path where, Set<PosixFilePermission> permissions) {
        boolean posix = where.getFileSystem().supportedFileAttributeViews().contains("posix");
        return posix
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
                : new FileAttribute<?>[0];
    }

    /** Creates a folder for its owner only; one that exists is left as it is. Its parent must exist. */
    public void createFolder(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        hook.before(Step.CREATE_FOLDER, folder);
        try {
            Files.createDirectory(folder, attributes(folder, FOLDER));
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
        }
        syncFolder(parent(folder));
    }

    /** Writes a new file for its owner only and waits until its bytes are on disk; its name is so after a sync. */
    public void writeNew(Path file, byte[] content) throws IOException {
        hook.before(Step.WRITE, file);
        try (FileChannel channel = FileChannel.open(
                file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), privateFile(file))) {
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            hook.before(Step.SYNC_FILE, file);
            channel.force(true);
        }
    }

    /** Puts a file under its name, or another in its place, so that after a crash it is the old one or the new one. */
    public void replace(Path file, byte[] content) throws IOException {
        Path fresh = fresh(file);
        Files.deleteIfExists(fresh);
        writeNew(fresh, content);
        rename(fresh, file);
    }

    /** The name under which {@link #replace} writes before it renames; after a crash it may be there. */
    public static Path fresh(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".new");
    }

    /** Waits until a file's bytes are on disk. */
    public void syncFile(Path file) throws IOException {
        hook.before(Step.SYNC_FILE, file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** Waits until a folder's names are on disk. */
    public void syncFolder(Path folder) throws IOException {
        hook.before(Step.SYNC_FOLDER, folder);
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Renames within one folder, in one step that a crash cannot split, and makes it last. */
    public void rename(Path from, Path to) throws IOException {
        hook.before(Step.RENAME, to);
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        syncFolder(parent(to));
    }

    /** Gives a file a second name in its folder, and makes it last. */
    public void link(Path second, Path file) throws IOException {
        hook.before(Step.LINK, second);
        Files.createLink(second, file);
        syncFolder(parent(second));
    }

    /** Deletes a file if there is one, and makes it last. */
    public void delete(Path file) throws IOException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            hook.before(Step.DELETE, file);
            Files.deleteIfExists(file);
            syncFolder(parent(file));
        }
    }

    /** Deletes files of a folder, and makes it last. */
    public void delete(Path folder, List<Path> inIt) throws IOException {
        for (Path file : inIt) {
            hook.before(Step.DELETE, file);
            Files.deleteIfExists(file);
        }
        syncFolder(folder);
    }

    /** Deletes a folder and all in it, if there is one; symbolic links are not followed. */
    public void deleteTree(Path folder) throws IOException {
        if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            deleteChildren(folder);
        }
        delete(folder);
    }

    /** Deletes all that is in a folder, and makes it last; symbolic links are not followed. */
    public void empty(Path folder) throws IOException {
        if (deleteChildren(folder)) {
            syncFolder(folder);
        }
    }

    private boolean deleteChildren(Path folder) throws IOException {
        List<Path> children;
        try (Stream<Path> list = Files.list(folder)) {
            children = list.toList();
        }
        for (Path child : children) {
            if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
                deleteTree(child);
            } else {
                hook.before(Step.DELETE, child);
                Files.deleteIfExists(child);
            }
        }
        return !children.isEmpty();
    }

    private static Path parent(Path path) {
        Path parent = path.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IllegalArgumentException(path + " has no parent folder");
        }
        return parent;
    }
}
