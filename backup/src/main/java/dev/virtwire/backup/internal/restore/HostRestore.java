// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.HostRestoreRequest;
import dev.virtwire.backup.HostRestoreResult;
import dev.virtwire.backup.RestoreTarget;
import dev.virtwire.backup.internal.restore.DomainRewriter.SavedXml;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.SmallFiles;
import dev.virtwire.repository.internal.restore.ChosenDisks;
import dev.virtwire.repository.internal.restore.Losses;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.manifest.PointFile;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Restores a point to a host. */
public final class HostRestore {
    private HostRestore() {}

    /** Restores; see {@link dev.virtwire.backup.Backups#restore}. */
    public static HostRestoreResult run(
            Libvirt libvirt, RepositoryStore repository, HostRestoreRequest request, ProgressListener listener) {
        DomainStore domain = repository.existing(request.point().domain());
        if (request.target() instanceof RestoreTarget.Files files) {
            return new FolderRestore(libvirt, domain, request, files, listener).run();
        }
        if (request.target() instanceof RestoreTarget.Pool pool) {
            return new PoolRestore(libvirt, domain, request, pool, listener).run();
        }
        return OverwritingRestore.of(libvirt, domain, request, listener).run();
    }

    /**
     * The saved XML of a point's domain, for who rewrites it. It is read first: without it there is nothing to define,
     * and disks take hours.
     *
     * @param damage gets what is damaged of the XML of the running domain, if the request salvages
     * @throws DamagedException if it is not what was saved; that is written down
     */
    static DomainRewriter rewriter(DomainStore domain, Point point, HostRestoreRequest request, List<Finding> damage) {
        // Whoever reads a manifest makes sure that it has this role.
        PointFile description = requireNonNull(point.manifest().file(PointFile.DOMAIN));
        PointFile running = point.manifest().file(PointFile.LIVE);
        byte[] saved = read(domain, point, description, request);
        byte[] live = extra(domain, point, PointFile.LIVE, request, damage);
        DomainRewriter rewriter = new DomainRewriter(
                new SavedXml(point.folder().resolve(description.file()), saved),
                running == null || live == null
                        ? null
                        : new SavedXml(point.folder().resolve(running.file()), live),
                request.name());
        point.manifest().disks().stream()
                .filter(ChosenDisks::isPlainAllowed)
                .forEach(disk -> rewriter.allowPlain(disk.target()));
        return rewriter;
    }

    private static byte[] read(DomainStore domain, Point point, PointFile file, HostRestoreRequest request) {
        try {
            return SmallFiles.read(point.folder(), file);
        } catch (DamagedException e) {
            new Losses(domain, request.salvage()).leftOut(point, file.file(), e.findings());
            throw e;
        }
    }

    /**
     * The bytes of the point's file with this role, or null if it has none, or a damaged one and the request salvages.
     *
     * @param damage gets what is damaged
     * @throws DamagedException if it is not what was saved, and the request does not salvage; that is written down
     */
    static byte @Nullable [] extra(
            DomainStore domain, Point point, String role, HostRestoreRequest request, List<Finding> damage) {
        PointFile file = point.manifest().file(role);
        if (file == null) {
            return null;
        }
        try {
            return read(domain, point, file, request);
        } catch (DamagedException e) {
            if (!request.salvage()) {
                throw e;
            }
            damage.addAll(e.findings());
            return null;
        }
    }

    /** The exception that a restore to {@code where} ends with. */
    static RuntimeException failure(Throwable e, DomainStore domain, Point point, String where, boolean interrupted) {
        if (interrupted) {
            return new BackupCancelledException("the restore to " + where + " was interrupted", e);
        }
        if (!domain.hasPoint(point.id())) {
            return domain.removedMeanwhile(point.id(), e);
        }
        if (e instanceof BackupException || e instanceof RepositoryException) {
            return (RuntimeException) e;
        }
        return new BackupException("cannot restore to " + where + ": " + reason(e), e);
    }

    private static String reason(Throwable e) {
        if (e instanceof IOException io) {
            return Problems.reason(io);
        }
        return e instanceof LibvirtException ? String.valueOf(e.getMessage()) : e.toString();
    }
}
