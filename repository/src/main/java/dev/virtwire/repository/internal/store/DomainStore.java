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
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.journal.Journal;
import dev.virtwire.repository.internal.journal.Merges;
import dev.virtwire.repository.internal.journal.NewestPoint;
import dev.virtwire.repository.manifest.DomainIdentity;
import dev.virtwire.repository.manifest.HostIdentity;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ParentLink;
import dev.virtwire.repository.manifest.StoredFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A domain's folder in a repository: its points, its journal and its lock. It is made for one run, and reads a manifest
 * once, as long as no other one takes its place.
 */
public final class DomainStore {
    private static final Logger LOG = LoggerFactory.getLogger(DomainStore.class);

    private final String repositoryId;
    private final Set<String> formerIds;
    private final Path folder;
    private final boolean listed;
    private final DurableFiles files;
    private final InstantSource clock;
    private final KnownFiles known = new KnownFiles();

    /**
     * In {@code folder}, of the repository with this id, whose points may name one that it had before.
     *
     * @param listed whether the folder was there already
     */
    public DomainStore(
            String repositoryId,
            Collection<String> formerIds,
            Path folder,
            boolean listed,
            DurableFiles files,
            InstantSource clock) {
        this.repositoryId = repositoryId;
        this.formerIds = Set.copyOf(formerIds);
        this.folder = folder;
        this.listed = listed;
        this.files = files;
        this.clock = clock;
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

    /** The time, as exact as it is written. */
    public Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    /** Whether the folder is there. */
    public boolean exists() {
        return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Takes the right to write. The folder is made if it is missing, but not that of a domain that was listed: that
     * one was erased meanwhile.
     *
     * @throws RepositoryException if it was, or if the repository got another id since it was opened
     */
    public DomainLock lock() {
        DomainLocking locking = new DomainLocking(this);
        return listed ? locking.lock() : locking.makeAndLock();
    }

    /** Whether there is a point of that id, readable or not. */
    public boolean hasPoint(String id) {
        return hasFolder(id) && !gone().contains(id);
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
        Set<String> gone = gone();
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
        if (journal().hasMerges()) {
            merges().readable(damage);
        }
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
        return known.point(folder.resolve(id), name(), this::isOurs);
    }

    /**
     * Requires that a file of a point has the bytes that its manifest names; one run reads them once.
     *
     * @throws DamagedException if it is missing or differs
     */
    public void require(Path file, StoredFile stored) {
        known.require(file, stored);
    }

    /** Whether a point, also one that is gone but whose images others need, has the manifest that was read of it. */
    public boolean isStill(Point point) {
        // Whoever asks has found what cannot be: times and inodes are not to be believed then.
        known.forget(point.folder());
        return seemsStill(point);
    }

    /** As {@link #isStill}, but a manifest is not read again if its file seems to be the one that was read. */
    public boolean seemsStill(Point point) {
        try {
            return layer(point.id()).manifestSha256().equals(point.manifestSha256());
        } catch (RepositoryException e) {
            LOG.debug("{} is not what it was", point.folder(), e);
            return false;
        }
    }

    private boolean isOurs(String id) {
        return id.equals(repositoryId) || formerIds.contains(id) || RepositoryVersion.isIdOf(repositoryFolder(), id);
    }

    /** Whether its newest point is of the domain with this UUID on this host, as far as that can be read. */
    public boolean isOf(UUID uuid, HostIdentity host) {
        try {
            NewestPoint newest = journal().newest();
            if (newest == null) {
                return false;
            }
            Manifest manifest = point(newest.point()).manifest();
            return manifest.domain().uuid().equals(uuid) && manifest.host().is(host.name(), host.uuid());
        } catch (RepositoryException e) {
            LOG.debug("the trouble of {} is its own", folder, e);
            return false;
        }
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
        Set<String> gone = gone();
        int number = 1;
        while (true) {
            String id = Names.point(time, level, number);
            if (!gone.contains(id)
                    && !Files.exists(folder.resolve(id), LinkOption.NOFOLLOW_LINKS)
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

    /** The points that are gone, but whose images others may still need: see {@link Merges}. */
    public Set<String> gone() {
        return journal().hasMerges() ? merges().gone() : Set.of();
    }

    /** The merges of points that are under way in this domain, or whose run died. */
    public Merges merges() {
        return new Merges(folder.resolve(Names.JOURNAL), this::isOurs, files);
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
}
