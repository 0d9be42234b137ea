// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.unfinished;

import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Json;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.Sha256;
import dev.virtwire.repository.internal.format.SummedFile;
import dev.virtwire.repository.internal.journal.NewestPoint;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.UnsureCommitException;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.PointFile;
import dev.virtwire.repository.manifest.StoredFile;
import dev.virtwire.repository.manifest.StoredImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder that a point is made in, until it gets its name; and the notes in it for a run that resumes it. Each
 * note has its SHA-256 in its first line; what does not fit it was never said.
 */
public final class UnfinishedPoint {
    private final DomainStore store;
    private final String point;
    private final DurableFiles files;
    private final Path folder;
    private @Nullable Notice notice;

    /** Of the point with this id. */
    public UnfinishedPoint(DomainStore store, String point) {
        this.store = store;
        this.point = point;
        this.files = store.files();
        this.folder = store.partial(point);
    }

    /** Makes the folder, new and empty. */
    public void create() throws IOException {
        if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            throw new RepositoryException(folder + " exists already");
        }
        files.createFolder(folder);
    }

    /** Whether others than the owner may enter the folder, although it was made for him alone. */
    public boolean isOpenToOthers() throws IOException {
        return isOpenToOthers(folder);
    }

    /** As {@link #isOpenToOthers()}, of a folder that was made so. */
    public static boolean isOpenToOthers(Path folder) throws IOException {
        if (!Files.getFileStore(folder).supportsFileAttributeView("posix")) {
            return false;
        }
        return Files.getPosixFilePermissions(folder).stream()
                .anyMatch(each -> !each.name().startsWith("OWNER"));
    }

    /** What the user should know if that is so. */
    public Notice openToOthers() {
        return Notice.warning(
                "others can read " + store.folder() + ", which holds the guest's disks and perhaps passwords: its"
                        + " file system has no modes. Mount it for one user alone, with umask=077 for instance");
    }

    /** Writes a small file of the point. */
    public void write(String name, byte[] content) throws IOException {
        files.writeNew(folder.resolve(name), content);
    }

    /** The folder. */
    public Path folder() {
        return folder;
    }

    /** The backup has begun on the host, and what the point holds besides disks is written. */
    public void begun(BegunPoint begun) throws IOException {
        files.writeNew(folder.resolve(Names.BEGUN), Json.writeSummed(begun));
    }

    /** What the run that began it has noted, if that and the files that it names are whole; else null. */
    public @Nullable BegunPoint begun() throws IOException {
        BegunPoint begun = read(Names.BEGUN, BegunPoint.class);
        if (begun == null || !begun.format().equals(BegunPoint.FORMAT) || begun.version() != BegunPoint.VERSION) {
            return null;
        }
        for (PointFile file : begun.files()) {
            if (!isWhole(file.file(), file.size(), file.sha256())) {
                return null;
            }
        }
        return begun;
    }

    /** A disk's image and digests are complete and durable. */
    public void complete(ManifestDisk disk) throws IOException {
        files.writeNew(folder.resolve(Names.complete(disk.target())), Json.writeSummed(disk));
    }

    /** What was noted of a disk that is complete; null, and nothing is noted of it, if it is not. */
    public @Nullable ManifestDisk complete(String target) throws IOException {
        ManifestDisk disk = read(Names.complete(target), ManifestDisk.class);
        StoredImage image = disk == null ? null : disk.image();
        StoredFile digests = disk == null ? null : disk.digests();
        if (image != null
                && digests != null
                && isFile(image.file(), image.size())
                && isWhole(digests.file(), digests.size(), digests.sha256())) {
            return disk;
        }
        files.delete(folder.resolve(Names.complete(target)));
        return null;
    }

    /**
     * Removes the notes, writes the manifest and gives the folder its final name. From here on the point exists.
     *
     * @throws UnsureCommitException if it does, and nobody can say whether it still will after a crash
     */
    public Point commit(Manifest manifest) throws IOException {
        clear();
        SummedFile.write(files, folder.resolve(Names.MANIFEST), folder.resolve(Names.MANIFEST_SUM), manifest);
        Path complete = store.folder().resolve(point);
        try {
            files.rename(folder, complete);
        } catch (IOException e) {
            if (Files.isDirectory(complete, LinkOption.NOFOLLOW_LINKS)) {
                throw new UnsureCommitException(complete, e);
            }
            throw e;
        }
        Point committed = store.point(point);
        try {
            store.journal().writeNewest(NewestPoint.of(point, manifest.began()));
        } catch (IOException e) {
            // The point stands. Only, nobody would miss it if it got lost before the next one is made.
            notice = Notice.warning("point " + point
                    + " is complete, but could not be written down as the newest of its domain: " + Problems.reason(e));
        }
        return committed;
    }

    /** What the user should know of the commit, or null. */
    public @Nullable Notice notice() {
        return notice;
    }

    private void clear() throws IOException {
        List<Path> notes;
        try (Stream<Path> list = Files.list(folder)) {
            notes = list.filter(path -> Names.isForResuming(String.valueOf(path.getFileName())))
                    .sorted()
                    .toList();
        }
        if (!notes.isEmpty()) {
            files.delete(folder, notes);
        }
    }

    /** Removes what was built of a point that will not be. */
    public void discard() throws IOException {
        files.deleteTree(folder);
    }

    private boolean isWhole(String name, long size, String sha256) throws IOException {
        return isFile(name, size) && Sha256.hex(Sha256.of(folder.resolve(name))).equals(sha256);
    }

    private boolean isFile(String name, long size) throws IOException {
        Path file = folder.resolve(name);
        return Names.isPlainFile(name)
                && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                && Files.size(file) == size;
    }

    private <T> @Nullable T read(String name, Class<T> type) throws IOException {
        Path file = folder.resolve(name);
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                ? Json.readSummed(Files.readAllBytes(file), type)
                : null;
    }
}
