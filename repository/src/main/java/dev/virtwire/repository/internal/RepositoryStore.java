// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.DomainPoints;
import dev.virtwire.repository.DomainStatus;
import dev.virtwire.repository.ForgetReport;
import dev.virtwire.repository.Hold;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointChoice;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneReport;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.RestoreResult;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.internal.damage.MissingPoints;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.RepositoryFile;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.restore.FileRestore;
import dev.virtwire.repository.internal.retention.DomainErasure;
import dev.virtwire.repository.internal.retention.HeldPoints;
import dev.virtwire.repository.internal.retention.Pruner;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Listing;
import dev.virtwire.repository.internal.store.PointRemoval;
import dev.virtwire.repository.internal.store.RepositoryVersion;
import dev.virtwire.repository.internal.verify.Verifier;
import dev.virtwire.repository.internal.work.RateLimit;
import dev.virtwire.repository.internal.work.ThreadOperation;
import dev.virtwire.repository.manifest.HostIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A repository's folder. */
public final class RepositoryStore implements Repository {
    private final Path folder;
    private final RepositoryFile file;
    private final DurableFiles files;
    private final InstantSource clock;

    private RepositoryStore(Path folder, RepositoryFile file, DurableFiles files, InstantSource clock) {
        this.folder = folder;
        this.file = file;
        this.files = files;
        this.clock = clock;
    }

    /** The same by another clock: it tells the times of points, holds, merges and damage. For tests of years. */
    public RepositoryStore by(InstantSource newClock) {
        return new RepositoryStore(folder, file, files, newClock);
    }

    /**
     * Opens the repository in {@code folder}.
     *
     * @throws RepositoryException if there is no repository, or one of a newer version
     * @throws dev.virtwire.repository.DamagedException if {@code virtwire.json} is damaged
     */
    public static RepositoryStore open(Path folder, DurableFiles files) {
        Path absolute = folder.toAbsolutePath().normalize();
        if (!Files.isDirectory(absolute)) {
            throw new RepositoryException(absolute
                    + (Files.exists(absolute) ? " is not a folder" : " does not exist")
                    + ": a repository is made by the first backup into it");
        }
        if (!RepositoryFile.isIn(absolute)) {
            throw new RepositoryException(absolute + " is not a repository: it has no " + Names.REPOSITORY);
        }
        RepositoryFile file = RepositoryFile.read(absolute);
        if (!file.format().equals(RepositoryFile.FORMAT) || !Names.isRepositoryId(file.id())) {
            throw new RepositoryException(absolute.resolve(Names.REPOSITORY) + " does not describe a repository");
        }
        if (file.version() < RepositoryFile.FIRST_VERSION || file.version() > RepositoryFile.VERSION) {
            throw new RepositoryException(absolute + " is a repository of version " + file.version()
                    + "; this program reads versions " + RepositoryFile.FIRST_VERSION + " to " + RepositoryFile.VERSION
                    + (file.version() > RepositoryFile.VERSION ? ": use a newer one" : ""));
        }
        return new RepositoryStore(absolute, file, files, InstantSource.system());
    }

    /**
     * Makes a repository of a folder that is empty or does not exist, or opens the one that is there.
     *
     * @throws RepositoryException if the folder holds other things
     */
    public static RepositoryStore openOrCreate(Path folder, DurableFiles files) {
        Path absolute = folder.toAbsolutePath().normalize();
        createFolders(absolute, files);
        if (RepositoryFile.isIn(absolute)) {
            return open(absolute, files);
        }
        if (!Files.isWritable(absolute)) {
            throw new RepositoryException("cannot write to " + absolute + ": permission denied");
        }
        DomainLock lock = DomainLock.acquire(absolute.resolve(Names.REPOSITORY_LOCK), absolute.toString());
        try {
            if (!RepositoryFile.isIn(absolute)) {
                RepositoryFile.refuseOtherThings(absolute);
                RepositoryFile.create(absolute, files);
            }
            return open(absolute, files);
        } catch (IOException e) {
            throw Problems.with("make a repository in", absolute, e);
        } finally {
            lock.close();
        }
    }

    private static void createFolders(Path folder, DurableFiles files) {
        if (Files.isDirectory(folder)) {
            return;
        }
        Path parent = folder.getParent();
        if (parent != null) {
            createFolders(parent, files);
        }
        try {
            files.createFolder(folder);
        } catch (IOException e) {
            throw Problems.with("create", folder, e);
        }
    }

    @Override
    public Path folder() {
        return folder;
    }

    @Override
    public String id() {
        return file.id();
    }

    @Override
    public String newId() {
        return RepositoryVersion.newId(folder, this::domainStores, files);
    }

    /** What this repository changes its files with. */
    public DurableFiles files() {
        return files;
    }

    /** The domains that have a folder, in the order of their names. */
    public List<DomainStore> domainStores() {
        try (Stream<Path> list = Files.list(folder)) {
            return list.filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                            && Names.isDomainFolder(String.valueOf(path.getFileName())))
                    .sorted()
                    .map(path -> store(path, true))
                    .toList();
        } catch (IOException e) {
            throw Problems.with("read", folder, e);
        }
    }

    /** The folder of the domain with this name, which need not exist. */
    public DomainStore domain(String name) {
        return store(folder.resolve(Names.domainFolder(name)), false);
    }

    private DomainStore store(Path domain, boolean listed) {
        return new DomainStore(file.id(), file.formerIds(), domain, listed, files, clock);
    }

    /** The folders of other names whose newest point is of a domain of this host with this identity but its name. */
    public List<DomainStore> formerNames(DomainStore domain, UUID uuid, HostIdentity host) {
        return domainStores().stream()
                .filter(other -> !other.name().equals(domain.name()) && other.isOf(uuid, host))
                .toList();
    }

    /**
     * A domain that there is something of.
     *
     * @param name the domain's name, or that of its folder
     * @throws RepositoryException if there is nothing of it
     */
    public DomainStore existing(String name) {
        for (DomainStore there : domainStores()) {
            if (there.name().equals(name)) {
                return there;
            }
        }
        DomainStore byName = store(folder.resolve(Names.domainFolder(name)), true);
        if (!byName.exists()) {
            throw new RepositoryException("repository " + folder + " holds nothing of a domain " + name);
        }
        return byName;
    }

    @Override
    public List<DomainPoints> points() {
        return domainStores().stream().map(DomainListing::of).toList();
    }

    @Override
    public DomainPoints points(String domain) {
        return DomainListing.of(existing(domain));
    }

    @Override
    public DomainStatus status(String domain, @Nullable Duration maxAge, @Nullable Duration verifiedWithin) {
        return holds(domain)
                ? new StatusCheck(existing(domain), maxAge, verifiedWithin).of(domain)
                : StatusCheck.missing(domain);
    }

    @Override
    public Point point(String domain, String id) {
        return existing(domain).point(id);
    }

    @Override
    public Point newestPoint(String domain) {
        Listing listing = existing(domain).points();
        if (!listing.damage().isEmpty()) {
            throw new DamagedException(listing.damage());
        }
        Point newest = listing.newest();
        if (newest == null) {
            throw new RepositoryException("domain " + domain + " has no point in " + folder());
        }
        return newest;
    }

    @Override
    public Operation<VerifyReport> verify(VerifyRequest request, ProgressListener listener) {
        return ThreadOperation.start("virtwire verify", () -> {
            Verifier verifier = new Verifier(request);
            String domain = request.domain();
            String point = request.point();
            if (domain == null) {
                domainStores().forEach(verifier::addAll);
            } else if (point == null) {
                verifier.addAll(existing(domain));
            } else {
                verifier.addOne(existing(domain), point);
            }
            return verifier.run(listener);
        });
    }

    @Override
    public Operation<RestoreResult> restore(RestoreRequest request, ProgressListener listener) {
        return ThreadOperation.start(
                "virtwire restore",
                () -> new FileRestore(existing(request.point().domain()), request, null, false, listener).run());
    }

    @Override
    public Operation<PruneReport> prune(PruneRequest request, ProgressListener listener) {
        return ThreadOperation.start("virtwire prune", () -> {
            RateLimit limit = new RateLimit(request.bytesPerSecond());
            Pruner pruner = Pruner.of(existing(request.domain()), request, limit, listener);
            return request.dryRun() ? pruner.dryRun() : pruner.run().withNotices(tryToFinishErasures());
        });
    }

    /**
     * Deletes what runs left that died while they erased a domain; returns the names that its folder had.
     *
     * @throws RepositoryException if it cannot be deleted
     */
    public List<String> finishErasures() {
        return DomainErasure.finish(folder, files);
    }

    /** What a run left that died while it erased another domain is no reason to leave this one as it is. */
    private List<Notice> tryToFinishErasures() {
        try {
            finishErasures();
            return List.of();
        } catch (RepositoryException e) {
            return List.of(Notice.warning(String.valueOf(e.getMessage())));
        }
    }

    @Override
    public ForgetReport lookToForget(String domain) {
        return new DomainErasure(existing(domain)).look();
    }

    @Override
    public Operation<ForgetReport> forget(String domain, @Nullable Instant noBackupSince, ProgressListener listener) {
        return ThreadOperation.start("virtwire forget", () -> {
            listener.progressed(new Progress(Progress.Phase.REMOVING, null, 0, 0, 0, 0, 0));
            boolean finished = DomainErasure.isAmong(finishErasures(), domain);
            if (!finished) {
                return new DomainErasure(existing(domain)).run(noBackupSince);
            }
            // What was asked for may be what a run died over; who backed up since then has not been asked about.
            return holds(domain)
                    ? new DomainErasure(existing(domain)).lookAfterAnother()
                    : new ForgetReport(domain, true, List.of(), 0, null, List.of(), List.of());
        });
    }

    @Override
    public Hold hold(String domain, String point, @Nullable String reason) {
        return HeldPoints.hold(existing(domain), point, reason);
    }

    @Override
    public void release(String domain, String point) {
        HeldPoints.release(existing(domain), point);
    }

    @Override
    public List<String> domains() {
        return domainStores().stream().map(DomainStore::name).toList();
    }

    @Override
    public boolean holds(String domain) {
        return domains().contains(domain) || domain(domain).exists();
    }

    @Override
    public PointChoice newestRestorable(String domain) {
        return NewestRestorable.of(existing(domain));
    }

    @Override
    public void acceptMissing(String domain, String point) {
        DomainStore store = existing(domain);
        DomainLock lock = store.lock();
        try {
            MissingPoints.requireMissed(store, point);
            new PointRemoval(store).accept(point);
        } catch (IOException e) {
            throw Problems.with("accept the loss of", store.folder().resolve(point), e);
        } finally {
            lock.close();
        }
    }
}
