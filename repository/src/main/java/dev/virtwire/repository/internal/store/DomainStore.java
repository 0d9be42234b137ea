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
import dev.virtwire.repository.internal.journal.Merges;
import dev.virtwire.repository.manifest.DomainIdentity;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.Mode;
import dev.virtwire.repository.manifest.Nvram;
import dev.virtwire.repository.manifest.ParentLink;
import dev.virtwire.repository.manifest.PointFile;
import dev.virtwire.repository.manifest.StoredImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A domain's folder in a repository: its points, its journal and its lock. */
public final class DomainStore {
    private static final Logger LOG = LoggerFactory.getLogger(DomainStore.class);

    private final String repositoryId;
    private final Path folder;
    private final DurableFiles files;

    /** In {@code folder}, of the repository with this id. */
    public DomainStore(String repositoryId, Path folder, DurableFiles files) {
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

    /** Whether there is a point of that id, readable or not. */
    public boolean hasPoint(String id) {
        return hasFolder(id) && !merges().gone().contains(id);
    }

    /** Whether a point of that id has a folder: also one that is gone, but whose images others still need. */
    public boolean hasFolder(String id) {
        return Files.isDirectory(folder.resolve(id), LinkOption.NOFOLLOW_LINKS);
    }

    /** The ids of all points, readable or not. */
    public List<String> pointIds() {
        if (!exists()) {
            return List.of();
        }
        Set<String> gone = merges().gone();
        try (Stream<Path> list = Files.list(folder)) {
            return list.map(path -> String.valueOf(path.getFileName()))
                    .filter(name -> Names.isPoint(name) && !gone.contains(name))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw Problems.with("read", folder, e);
        }
    }

    /**
     * Reads every point's manifest. One of another domain than the others is damage.
     *
     * @throws RepositoryException if a newer program wrote one, or this one has not the right to read it
     */
    public Listing points() {
        return points(DomainStore::rethrow);
    }

    /**
     * As {@link #points()}; points that cannot be read though they may be right are left out, and {@code problem} told.
     */
    public Listing points(Consumer<RepositoryException> problem) {
        List<Finding> damage = new ArrayList<>();
        merges().readable(damage);
        List<Point> points = new ArrayList<>(readAll(damage, problem));
        points.removeAll(Listing.strangers(points, damage));
        return new Listing(points, List.copyOf(damage));
    }

    private List<Point> readAll(List<Finding> damage, Consumer<RepositoryException> problem) {
        List<Point> points = new ArrayList<>();
        for (String id : pointIds()) {
            try {
                points.add(layer(id));
            } catch (RepositoryException e) {
                // One that is gone by now was removed since the folder was listed.
                if (hasPoint(id) && e instanceof DamagedException damaged) {
                    damage.addAll(damaged.findings());
                } else if (hasPoint(id)) {
                    problem.accept(e);
                }
            }
        }
        return PointPlace.inOrder(points, DomainStore::link);
    }

    /**
     * As {@link #point}, if it is of the same domain as the others here that can be read.
     *
     * @throws DamagedException also if it is not
     */
    public Point ownPoint(String id) {
        Point point = point(id);
        List<Point> readable = new ArrayList<>();
        for (String each : pointIds()) {
            try {
                readable.add(layer(each));
            } catch (RepositoryException e) {
                // It stands in the way of no other point.
                LOG.debug("{} cannot be read", folder.resolve(each), e);
            }
        }
        List<Finding> findings = new ArrayList<>();
        Listing.strangers(readable, findings);
        findings.removeIf(finding -> !finding.file().startsWith(point.folder()));
        if (!findings.isEmpty()) {
            throw new DamagedException(findings);
        }
        return point;
    }

    /** Why reading a point failed that is not there any more: that is no damage. */
    public RepositoryException removedMeanwhile(String point, Throwable cause) {
        return new RepositoryException(
                "point " + point + " of domain " + name() + " was removed while it was read, by a prune or by"
                        + " hand: choose another point",
                cause);
    }

    private static PointPlace link(Point point) {
        ParentLink previous = point.manifest().previous();
        return new PointPlace(point.id(), point.manifest().began(), previous == null ? null : previous.point());
    }

    /**
     * Reads one point's manifest.
     *
     * @throws RepositoryException if there is no such point
     * @throws DamagedException if its manifest is damaged
     */
    public Point point(String id) {
        if (!Names.isPoint(id) || !hasPoint(id)) {
            throw noPoint(id);
        }
        return layer(id);
    }

    /**
     * As {@link #point}, also of a point that is gone, but whose images others still need.
     *
     * @throws RepositoryException if there is no such point
     * @throws DamagedException if its manifest is damaged
     */
    public Point layer(String id) {
        if (!Names.isPoint(id) || !hasFolder(id)) {
            throw noPoint(id);
        }
        return PointReader.read(folder.resolve(id), name(), repositoryId);
    }

    private RepositoryException noPoint(String id) {
        List<String> there = pointIds();
        return new RepositoryException("domain " + name() + " in " + repositoryFolder() + " has no point " + id
                + (there.isEmpty() ? "; it has none at all" : "; its newest is " + there.get(there.size() - 1)));
    }

    /**
     * Refuses a domain that is not the one whose points are here.
     *
     * @throws RepositoryException naming both and the ways out
     */
    public void requireSame(DomainIdentity domain) {
        readAll(new ArrayList<>(), DomainStore::rethrow)
                .forEach(point -> requireSame(point.manifest().domain(), domain));
        journal().entries().forEach(entry -> requireSame(entry.domain(), domain));
    }

    private static void rethrow(RepositoryException problem) {
        throw problem;
    }

    private void requireSame(DomainIdentity there, DomainIdentity domain) {
        if (!there.uuid().equals(domain.uuid())) {
            throw new RepositoryException(folder + " holds points of another domain: " + there.name() + " with UUID "
                    + there.uuid() + ", while " + domain.name() + " now has UUID " + domain.uuid()
                    + (sameButForCase(there.name(), domain.name())
                            ? ". This file system does not tell capital letters from small ones: choose another"
                                    + " repository for one of them"
                            : ". Move that folder to another name (its points stay readable there), or choose another"
                                    + " repository"));
        }
    }

    private static boolean sameButForCase(String one, String other) {
        return one.equalsIgnoreCase(other) && !one.equals(other);
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

    /** The merges of points that are under way in this domain, or whose run died. */
    public Merges merges() {
        return new Merges(folder.resolve(Names.JOURNAL), repositoryId, files);
    }

    /** The ids of points that were removed, and whose folders are still there under hidden names, empty or not. */
    public List<String> removals() throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
                    .map(path -> Names.removedPoint(String.valueOf(path.getFileName())))
                    .filter(Objects::nonNull)
                    .sorted()
                    .toList();
        }
    }

    /**
     * Reads a point's manifest and checks that it makes sense by itself: no name in it leads out of the point's folder.
     */
    private static final class PointReader {
        private final Path file;
        private final Manifest manifest;
        private final Set<String> names = new HashSet<>();

        private PointReader(Path file, Manifest manifest) {
            this.file = file;
            this.manifest = manifest;
        }

        /**
         * Reads the point in {@code folder}.
         *
         * @throws DamagedException if the manifest is damaged
         * @throws RepositoryException if a newer program wrote it
         */
        static Point read(Path folder, String domain, String repository) {
            Path file = folder.resolve(Names.MANIFEST);
            SummedFile<Manifest> read = readManifest(folder);
            Manifest manifest = read.value();
            if (manifest.format().equals(Manifest.FORMAT) && manifest.version() > Manifest.VERSION) {
                throw new RepositoryException(file + " has version " + manifest.version()
                        + "; this program reads up to version " + Manifest.VERSION + ": use a newer one");
            }
            new PointReader(file, manifest).check(String.valueOf(folder.getFileName()), repository);
            return new Point(domain, folder, manifest, read.sha256());
        }

        /** Another manifest may take the place of the first one meanwhile. */
        private static SummedFile<Manifest> readManifest(Path folder) {
            while (true) {
                Path file = PointPaths.in(folder, Names.MANIFEST);
                Path sum = PointPaths.in(folder, Names.MANIFEST_SUM);
                try {
                    return SummedFile.read(file, sum, Manifest.class);
                } catch (DamagedException e) {
                    if (file.equals(PointPaths.in(folder, Names.MANIFEST))
                            && sum.equals(PointPaths.in(folder, Names.MANIFEST_SUM))) {
                        throw e;
                    }
                }
            }
        }

        private void check(String id, String repository) {
            require(manifest.format().equals(Manifest.FORMAT), "format is not " + Manifest.FORMAT);
            require(manifest.version() == Manifest.VERSION, "version is " + manifest.version());
            require(
                    manifest.repository().equals(repository),
                    "it belongs to repository " + manifest.repository() + ", not to " + repository);
            require(manifest.point().equals(id), "it describes point " + manifest.point() + ", not " + id);
            require(
                    (manifest.parent() == null) == (manifest.level() == Level.FULL),
                    "a full point has no parent, every other has one");
            if (manifest.parent() != null) {
                require(
                        Names.isPoint(manifest.parent().point())
                                && !manifest.parent().point().equals(id),
                        "its parent is not another point");
                require(Names.isSha256(manifest.parent().manifestSha256()), "its parent's digest is not a SHA-256");
            }
            if (manifest.previous() != null) {
                require(
                        Names.isPoint(manifest.previous().point())
                                && !manifest.previous().point().equals(id),
                        "the point before it is not another point");
                require(Names.isSha256(manifest.previous().manifestSha256()), "the digest before it is not a SHA-256");
            }
            manifest.replaces()
                    .forEach(each -> require(Names.isSha256(each), "what it replaces is not named by a SHA-256"));
            manifest.disks().forEach(this::checkDisk);
            Set<String> roles = new HashSet<>();
            for (PointFile stored : manifest.files()) {
                checkFile(stored.file(), stored.sha256());
                require(roles.add(stored.role()), "two files have the role " + stored.role());
            }
            require(roles.contains(PointFile.DOMAIN), "no file has the role " + PointFile.DOMAIN);
            Nvram nvram = manifest.nvram();
            require(
                    roles.contains(PointFile.NVRAM) == (nvram != null && nvram.reason() == null),
                    "the file with the role " + PointFile.NVRAM + " does not fit what it says of the UEFI variables");
        }

        private void checkDisk(ManifestDisk disk) {
            require(Names.isTarget(disk.target()), "disk " + disk.target() + " is no target");
            require(
                    (manifest.mode() == Mode.PUSH) == (disk.pushed() != null),
                    "disk " + disk.target() + ": wrong mode");
            StoredImage image = disk.image();
            if (image == null || disk.digests() == null || disk.content() == null) {
                return;
            }
            checkName(image.file());
            require(Names.isSha256(image.blocksRoot()), image.file() + ": blocksRoot is not a SHA-256");
            require(Names.isSha256(disk.content().root()), disk.target() + ": content root is not a SHA-256");
            require(
                    (image.backing() == null) == (disk.level() == Level.FULL),
                    image.file() + ": a full image has no backing, every other has one");
            if (image.backing() != null) {
                require(
                        manifest.parent() != null
                                && image.backing()
                                        .equals("../" + manifest.parent().point() + "/" + image.file()),
                        image.file() + ": its backing is not its parent's image");
            }
            checkFile(disk.digests().file(), disk.digests().sha256());
        }

        private void checkFile(String name, String sha256) {
            checkName(name);
            require(Names.isSha256(sha256), name + ": sha256 is not a SHA-256");
        }

        private void checkName(String name) {
            require(
                    Names.isPlainFile(name) && !name.equals(Names.MANIFEST) && !name.equals(Names.MANIFEST_SUM),
                    "the file name '" + name + "' is not allowed");
            require(names.add(name), "the file " + name + " is described twice");
        }

        private void require(boolean condition, String message) {
            if (!condition) {
                throw new DamagedException(Finding.of(file, message));
            }
        }
    }
}
