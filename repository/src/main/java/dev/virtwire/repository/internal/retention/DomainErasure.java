// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.retention;

import dev.virtwire.repository.ForgetReport;
import dev.virtwire.repository.Hold;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Listing;
import dev.virtwire.repository.manifest.HostIdentity;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Erases all of a domain. It goes in one step, when its folder gets a hidden name in the repository; what is in it is
 * deleted after that. So no reader ever sees a half of it, and whoever comes next can finish.
 */
public final class DomainErasure {
    private final DomainStore store;

    /** Of this domain. */
    public DomainErasure(DomainStore store) {
        this.store = store;
    }

    /**
     * What there is, and what is in the way of erasing it.
     *
     * @throws dev.virtwire.repository.DamagedException if nobody knows which points are held
     */
    public ForgetReport look() {
        Listing listing = store.points();
        List<String> ids = store.pointIds();
        List<String> obstacles = new ArrayList<>();
        for (Hold hold : store.journal().holds().list()) {
            if (ids.contains(hold.point())) {
                obstacles.add("point " + hold.point() + " is held" + (hold.reason() == null ? "" : ": " + hold.reason())
                        + " (see release)");
            }
        }
        for (String point : store.journal().points()) {
            obstacles.add("the run of point " + point + " is at work, or has not been cleared up after (see recover)");
        }
        Instant last = null;
        long stored = 0;
        for (Point point : listing.points()) {
            Instant completed = point.manifest().completed();
            last = last == null || completed.isAfter(last) ? completed : last;
            stored += PointSurvey.stored(point);
        }
        return new ForgetReport(
                store.name(),
                false,
                ids,
                stored,
                listing.damage().isEmpty() ? last : null,
                obstacles,
                remains(listing));
    }

    /** As {@link #look}, where what an earlier run left of a domain of this name was just deleted. */
    public ForgetReport lookAfterAnother() {
        ForgetReport report = look();
        List<String> obstacles = new ArrayList<>(report.obstacles());
        obstacles.add("what an earlier forget had left of a domain of this name is erased now, and this domain was made"
                + " after that: repeat the forget to erase it too");
        return new ForgetReport(
                report.domain(),
                false,
                report.points(),
                report.stored(),
                report.lastBackup(),
                obstacles,
                report.remains());
    }

    private static List<String> remains(Listing listing) {
        List<String> remains = new ArrayList<>();
        for (Point point : listing.keptPoints(true)) {
            remains.add("checkpoint " + point.manifest().checkpoint() + " of domain "
                    + point.manifest().domain().name() + where(point.manifest()));
        }
        for (Point point : listing.points()) {
            for (ManifestDisk disk : point.manifest().disks()) {
                if (disk.pushed() != null) {
                    remains.add("image " + disk.pushed().path() + where(point.manifest()));
                }
            }
        }
        return remains;
    }

    private static String where(Manifest manifest) {
        HostIdentity host = manifest.host();
        return " on host " + host.name() + " (" + host.uri() + ")";
    }

    /**
     * Erases it.
     *
     * @param noBackupSince refuses a domain that was backed up since then; null for no such condition
     * @throws RepositoryException if another run writes the domain, something is in the way, or it cannot be deleted
     * @throws dev.virtwire.repository.DamagedException if nobody knows which points are held
     */
    public ForgetReport run(@Nullable Instant noBackupSince) {
        Path erased = store.repositoryFolder().resolve(Names.erased(store.name(), Names.random()));
        ForgetReport report;
        DomainLock lock = store.lock();
        try {
            report = look();
            refuse(report, noBackupSince);
            store.files().rename(store.folder(), erased);
        } catch (IOException e) {
            throw Problems.with("erase", store.folder(), e);
        } finally {
            lock.close();
        }
        delete(erased, store.files());
        return new ForgetReport(
                report.domain(),
                true,
                report.points(),
                report.stored(),
                report.lastBackup(),
                List.of(),
                report.remains());
    }

    private static void refuse(ForgetReport report, @Nullable Instant noBackupSince) {
        if (!report.obstacles().isEmpty()) {
            throw new RepositoryException(
                    "domain " + report.domain() + " is not erased: " + String.join("; ", report.obstacles()));
        }
        Instant last = report.lastBackup();
        if (noBackupSince != null && (last == null || !last.isBefore(noBackupSince))) {
            throw new RepositoryException("domain " + report.domain() + " is not erased: "
                    + (last == null ? "nobody can say when it was last backed up" : "it was backed up at " + last));
        }
    }

    /** Deletes what runs left that died while they erased a domain; returns the names that its folder had. */
    public static List<String> finish(Path repository, DurableFiles files) {
        List<Path> erased;
        try (Stream<Path> list = Files.list(repository)) {
            erased = list.filter(path -> Names.erasedDomain(String.valueOf(path.getFileName())) != null)
                    .toList();
        } catch (IOException e) {
            throw Problems.with("read", repository, e);
        }
        List<String> finished = new ArrayList<>();
        for (Path folder : erased) {
            delete(folder, files);
            finished.add(String.valueOf(Names.erasedDomain(String.valueOf(folder.getFileName()))));
        }
        return finished;
    }

    /**
     * Whether one of the folders that {@link #finish} names was this domain's.
     *
     * @param domain the domain's name, or that of its folder
     */
    public static boolean isAmong(List<String> finished, String domain) {
        return Stream.of(domain, Names.domainFolder(domain))
                .map(folder -> Names.erasedDomain(Names.erased(folder, Names.random())))
                .anyMatch(finished::contains);
    }

    /** Another run may finish the same. */
    private static void delete(Path erased, DurableFiles files) {
        while (Files.exists(erased, LinkOption.NOFOLLOW_LINKS)) {
            try {
                files.deleteTree(erased);
            } catch (NoSuchFileException e) {
                if (!Files.exists(erased, LinkOption.NOFOLLOW_LINKS)) {
                    return;
                }
            } catch (IOException e) {
                throw Problems.with("finish erasing", erased, e);
            }
        }
    }
}
