// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.repository;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.DamagedException;
import dev.virtwire.backup.Finding;
import dev.virtwire.backup.Point;
import dev.virtwire.backup.RepositoryException;
import dev.virtwire.backup.manifest.DomainIdentity;
import dev.virtwire.backup.manifest.Level;
import dev.virtwire.backup.manifest.Manifest;
import dev.virtwire.backup.manifest.ParentLink;
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

    private final RepositoryStore repository;
    private final Path folder;
    private final DurableFiles files;

    DomainStore(RepositoryStore repository, Path folder) {
        this.repository = repository;
        this.folder = folder;
        this.files = repository.files();
    }

    /** The folder's name. */
    public String name() {
        return String.valueOf(folder.getFileName());
    }

    /** The domain's folder. */
    public Path folder() {
        return folder;
    }

    /** The repository that this is in. */
    public RepositoryStore repository() {
        return repository;
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
            refuseLink(journal());
            files.createFolder(journal());
        } catch (IOException e) {
            throw Problems.with("create", folder, e);
        }
        return DomainLock.acquire(journal().resolve(Names.LOCK), "domain " + name() + " in " + repository.folder());
    }

    private static void refuseLink(Path path) {
        if (Files.isSymbolicLink(path)) {
            throw new RepositoryException(path + " is a symbolic link, and a repository follows none: put the folder"
                    + " itself there, or mount it");
        }
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
            throw new RepositoryException("domain " + name() + " in " + repository.folder() + " has no point " + id
                    + (there.isEmpty() ? "; it has none at all" : "; its newest is " + there.get(there.size() - 1)));
        }
        return PointReader.read(path, name(), repository.id());
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
                    && !Files.exists(entryFile(id), LinkOption.NOFOLLOW_LINKS)) {
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

    /** Writes the manifest and gives the finished folder its final name. From here on the point exists. */
    public Point commit(Manifest manifest) throws IOException {
        Path partial = partial(manifest.point());
        SummedFile.write(files, partial.resolve(Names.MANIFEST), partial.resolve(Names.MANIFEST_SUM), manifest);
        files.rename(partial, folder.resolve(manifest.point()));
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

    /** Records what is about to be in progress, or what is so now. */
    public void writeEntry(JournalEntry entry) throws IOException {
        files.replace(entryFile(entry.point()), Json.write(entry));
    }

    /** Forgets what is no longer in progress and has left nothing behind. */
    public void removeEntry(String point) throws IOException {
        files.delete(DurableFiles.fresh(entryFile(point)));
        files.delete(entryFile(point));
    }

    /** Removes journal entries that a crash left half-written: nothing had been begun then. */
    public void removeTornEntries() throws IOException {
        List<Path> torn;
        try (Stream<Path> list = Files.list(journal())) {
            torn = list.filter(path -> String.valueOf(path.getFileName()).startsWith("."))
                    .toList();
        }
        for (Path path : torn) {
            files.delete(path);
        }
    }

    /** What is in progress, or was when its writer died. */
    public List<JournalEntry> entries() {
        if (!Files.isDirectory(journal(), LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (Stream<Path> list = Files.list(journal())) {
            return list.filter(path -> {
                        String name = String.valueOf(path.getFileName());
                        return name.endsWith(".json") && !name.startsWith(".");
                    })
                    .sorted()
                    .map(this::readEntry)
                    .toList();
        } catch (IOException e) {
            throw Problems.with("read", journal(), e);
        }
    }

    private JournalEntry readEntry(Path file) {
        try {
            JournalEntry entry = Json.read(Files.readAllBytes(file), JournalEntry.class);
            if (!entry.format().equals(JournalEntry.FORMAT) || entry.version() > JournalEntry.VERSION) {
                throw new BackupException(file + " is not a journal that this program can read: use a newer one");
            }
            if (!Names.journal(entry.point()).equals(String.valueOf(file.getFileName()))
                    || !Names.isPoint(entry.point())
                    || !entry.repository().equals(repository.id())) {
                throw new BackupException(file + " describes another point or repository; delete it by hand");
            }
            return entry;
        } catch (JsonProcessingException e) {
            throw new BackupException(file + " is not readable " + Json.problem(e) + "; delete it by hand", e);
        } catch (IOException e) {
            throw Problems.with("read", file, e);
        }
    }

    private Path journal() {
        return folder.resolve(Names.JOURNAL);
    }

    private Path entryFile(String point) {
        return journal().resolve(Names.journal(point));
    }
}
