// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.SummedFile;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.journal.Journal;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.manifest.DomainIdentity;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ParentLink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A domain's folder in a repository: its points, its journal and its lock. */
public final class DomainStore {
    /** The points of a domain: those whose manifest can be read, in the order of their making, and the damage. */
    public record Listing(List<Point> points, List<Finding> damage) {
        /** The newest point, or null where there is none. */
        public @Nullable Point newest() {
            return points.isEmpty() ? null : points.get(points.size() - 1);
        }
    }

    private final String repositoryId;
    private final Path folder;
    private final DurableFiles files;

    DomainStore(String repositoryId, Path folder, DurableFiles files) {
        this.repositoryId = repositoryId;
        this.folder = folder;
        this.files = files;
    }

    /** The folder's name. */
    public String name() {
        return String.valueOf(folder.getFileName());
    }

    /** The domain's folder. */
    public Path folder() {
        return folder;
    }

    /** The id of the repository that this is in. */
    public String repositoryId() {
        return repositoryId;
    }

    /** The folder of the repository that this is in. */
    public Path repositoryFolder() {
        return requireNonNull(folder.getParent());
    }

    /** What this repository changes its files with. */
    public DurableFiles files() {
        return files;
    }

    /** Whether the folder is there. */
    public boolean exists() {
        return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS);
    }

    /** Creates the folder and its journal where they are missing, and takes the right to write. */
    public DomainLock lock() {
        try {
            refuseLink(folder);
            files.createFolder(folder);
            refuseLink(journal().folder());
            files.createFolder(journal().folder());
        } catch (IOException e) {
            throw Problems.with("create", folder, e);
        }
        return DomainLock.acquire(
                journal().folder().resolve(Names.LOCK), "domain " + name() + " in " + repositoryFolder());
    }

    private static void refuseLink(Path path) {
        if (Files.isSymbolicLink(path)) {
            throw new RepositoryException(path + " is a symbolic link, and a repository follows none: put the folder"
                    + " itself there, or mount it");
        }
    }

    /** Whether a point of that id has a folder, readable or not. */
    public boolean hasPoint(String id) {
        return Files.isDirectory(folder.resolve(id), LinkOption.NOFOLLOW_LINKS);
    }

    /** The ids of all points that have a folder, readable or not. */
    public List<String> pointIds() {
        if (!exists()) {
            return List.of();
        }
        try (Stream<Path> list = Files.list(folder)) {
            return list.map(path -> String.valueOf(path.getFileName()))
                    .filter(Names::isPoint)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw Problems.with("read", folder, e);
        }
    }

    /** Reads every point's manifest. */
    public Listing points() {
        List<Point> points = new ArrayList<>();
        List<Finding> damage = new ArrayList<>();
        for (String id : pointIds()) {
            try {
                points.add(point(id));
            } catch (DamagedException e) {
                damage.addAll(e.findings());
            }
        }
        return new Listing(PointOrder.of(points, DomainStore::link), List.copyOf(damage));
    }

    private static PointOrder.Link link(Point point) {
        ParentLink previous = point.manifest().previous();
        return new PointOrder.Link(point.id(), point.manifest().began(), previous == null ? null : previous.point());
    }

    /**
     * Reads one point's manifest.
     *
     * @throws RepositoryException where there is no such point
     * @throws DamagedException where its manifest is damaged
     */
    public Point point(String id) {
        Path path = folder.resolve(id);
        if (!Names.isPoint(id) || !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            List<String> there = pointIds();
            throw new RepositoryException("domain " + name() + " in " + repositoryFolder() + " has no point " + id
                    + (there.isEmpty() ? "; it has none at all" : "; its newest is " + there.get(there.size() - 1)));
        }
        return PointReader.read(path, name(), repositoryId);
    }

    /**
     * Refuses a domain that is not the one whose points are here.
     *
     * @throws RepositoryException naming both and the ways out
     */
    public void requireSame(DomainIdentity domain) {
        points().points().forEach(point -> requireSame(point.manifest().domain(), domain));
        entries().forEach(entry -> requireSame(entry.domain(), domain));
    }

    private void requireSame(DomainIdentity there, DomainIdentity domain) {
        if (!there.uuid().equals(domain.uuid())) {
            throw new RepositoryException(folder + " holds points of another domain: " + there.name() + " with UUID "
                    + there.uuid() + ", while " + domain.name() + " now has UUID " + domain.uuid()
                    + ". Move that folder to another name (its points stay readable there), or choose another"
                    + " repository");
        }
    }

    /** An id that no point here has or had, and none in progress. */
    public String newPointId(Instant time, Level level) {
        int number = 1;
        while (true) {
            String id = Names.point(time, level, number);
            if (!Files.exists(folder.resolve(id), LinkOption.NOFOLLOW_LINKS)
                    && !Files.exists(partial(id), LinkOption.NOFOLLOW_LINKS)
                    && !Files.exists(removed(id), LinkOption.NOFOLLOW_LINKS)
                    && !Files.exists(journal().file(id), LinkOption.NOFOLLOW_LINKS)) {
                return id;
            }
            number++;
        }
    }

    /** The folder that a point is built in. */
    public Path partial(String point) {
        return folder.resolve(Names.partial(point));
    }

    /** The name that a point's folder gets when the point is removed: see {@link PointRemoval}. */
    Path removed(String point) {
        return folder.resolve(Names.removed(point));
    }

    /** Makes a new, empty folder to build a point in. */
    public Path createPartial(String point) throws IOException {
        Path partial = partial(point);
        if (Files.exists(partial, LinkOption.NOFOLLOW_LINKS)) {
            throw new RepositoryException(partial + " exists already");
        }
        files.createFolder(partial);
        return partial;
    }

    /**
     * Writes the manifest and gives the finished folder its final name. From here on the point exists.
     *
     * @throws UnsureCommitException where it does, and nobody can say whether it still will after a crash
     */
    public Point commit(Manifest manifest) throws IOException {
        Path partial = partial(manifest.point());
        SummedFile.write(files, partial.resolve(Names.MANIFEST), partial.resolve(Names.MANIFEST_SUM), manifest);
        Path complete = folder.resolve(manifest.point());
        try {
            files.rename(partial, complete);
        } catch (IOException e) {
            if (Files.isDirectory(complete, LinkOption.NOFOLLOW_LINKS)) {
                throw new UnsureCommitException(complete, e);
            }
            throw e;
        }
        return point(manifest.point());
    }

    /** Removes what was built of a point that will not be. */
    public void discard(String point) throws IOException {
        files.deleteTree(partial(point));
    }

    /** Folders that points were built in and that nobody finished. */
    public List<Path> partials() throws IOException {
        if (!exists()) {
            return List.of();
        }
        try (Stream<Path> list = Files.list(folder)) {
            return list.filter(path -> {
                        String name = String.valueOf(path.getFileName());
                        return name.startsWith(".") && name.endsWith(".partial");
                    })
                    .sorted()
                    .toList();
        }
    }

    /** The journal of what is in progress in this domain. */
    public Journal journal() {
        return new Journal(folder.resolve(Names.JOURNAL), repositoryId, files);
    }

    /** Records what is about to be in progress, or what is so now. */
    public void writeEntry(JournalEntry entry) throws IOException {
        journal().write(entry);
    }

    /** Forgets what is no longer in progress and has left nothing behind. */
    public void removeEntry(String point) throws IOException {
        journal().remove(point);
    }

    /** What is in progress, or was when its writer died; throws where one entry cannot be read. */
    public List<JournalEntry> entries() {
        return journal().entries();
    }
}
