// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.clearing;

import dev.virtwire.backup.DomainBusyException;
import dev.virtwire.backup.Patience;
import dev.virtwire.backup.RecoverReport;
import dev.virtwire.backup.internal.host.DomainBitmaps;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.OwnPools;
import dev.virtwire.backup.internal.host.Reasons;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.OperationCancelledException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryBusyException;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Listing;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.PointFile;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clears after every run that died, in every domain that nobody writes right now. What ran on other hosts than the
 * caller's stays: a URI in the repository is never followed, because others may write there.
 */
public final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

    private final RepositoryStore repository;
    private final Supplier<Libvirt> connect;
    private final Patience patience;
    private final ProgressMeter meter;
    private @Nullable Libvirt libvirt;
    private @Nullable String unreachable;
    private final List<String> done = new ArrayList<>();
    private final List<String> left = new ArrayList<>();
    private final List<String> busy = new ArrayList<>();
    private final List<Notice> notices = new ArrayList<>();

    /**
     * Of {@code repository}.
     *
     * @param connect makes a connection to the host, once, if it may have something
     * @param patience for another run or job, with each domain
     */
    public Recovery(
            RepositoryStore repository, Supplier<Libvirt> connect, Patience patience, ProgressListener listener) {
        this.repository = repository;
        this.connect = connect;
        this.patience = patience;
        this.meter = new ProgressMeter(listener, 0, 0);
    }

    /** Clears; see {@link dev.virtwire.backup.Backups#recover}. */
    public RecoverReport run() {
        meter.phase(Progress.Phase.CLEANING_UP);
        try {
            finishErasures();
            for (DomainStore domain : repository.domainStores()) {
                try {
                    recoverWhenFree(domain);
                } catch (OperationCancelledException e) {
                    throw e;
                } catch (RuntimeException e) {
                    left.add("domain " + domain.name() + ": " + Reasons.of(e));
                }
            }
            meter.last(Progress.Phase.DONE);
            return new RecoverReport(done, left, busy, notices);
        } finally {
            if (libvirt != null) {
                libvirt.close();
            }
        }
    }

    private void finishErasures() {
        try {
            for (String folder : repository.finishErasures()) {
                done.add("deleted the rest of domain folder " + folder + ", which was being erased");
            }
        } catch (RepositoryException e) {
            left.add(Reasons.of(e));
        }
    }

    private void recoverWhenFree(DomainStore store) {
        // Of the last try: what one before it could not see may have been seen since.
        List<Notice> unseen = new ArrayList<>();
        try {
            patience.whenFree(
                    () -> {
                        unseen.clear();
                        recover(store, unseen);
                        return true;
                    },
                    meter::waiting);
        } catch (RepositoryBusyException e) {
            LOG.debug("{} is left alone", store.name(), e);
            busy.add(store.name());
        } catch (DomainBusyException e) {
            unseen.add(Notice.information(unseenBitmaps(store) + e.reason()));
        } finally {
            notices.addAll(unseen);
        }
    }

    /**
     * Clears after runs that wrote a domain. What it does is done, also if something comes into the way.
     *
     * @param unseen gets what could not be looked for
     * @throws RepositoryBusyException if another run writes the domain
     * @throws DomainBusyException if another job is active on it: only bitmaps that nobody needs are left
     */
    private void recover(DomainStore store, List<Notice> unseen) {
        DomainLock lock;
        try {
            lock = store.lock();
        } catch (RepositoryBusyException e) {
            throw e;
        } catch (RepositoryException e) {
            if (store.exists()) {
                throw e;
            }
            LOG.debug("{} was erased meanwhile", store.folder(), e);
            return;
        }
        Leftovers leftovers = new Leftovers(store);
        try {
            List<String> unreadable = new ArrayList<>();
            for (JournalEntry entry : store.journal().entries(e -> unreadable.add(String.valueOf(e.getMessage())))) {
                try {
                    recover(leftovers, entry);
                } catch (RuntimeException e) {
                    leftovers.left().add("what point " + entry.point() + " left: " + Reasons.of(e));
                }
            }
            if (unreadable.isEmpty()) {
                leftovers.clearUnknown();
            }
            leftovers.left().addAll(unreadable);
            endPools(store, leftovers, unseen);
            if (leftovers.left().isEmpty()) {
                removeOrphans(store, leftovers, unseen);
            }
        } finally {
            done.addAll(leftovers.done());
            left.addAll(leftovers.left());
            lock.close();
        }
    }

    private void recover(Leftovers leftovers, JournalEntry entry) {
        Libvirt host = host();
        if (host == null) {
            leftovers.leave(entry, String.valueOf(unreachable));
        } else {
            leftovers.clearIfItRanThere(entry, host);
        }
    }

    /** Storage pools that no journal knows of: a run without disks and a restore have no entry there. */
    private void endPools(DomainStore store, Leftovers leftovers, List<Notice> unlooked) {
        Point newest = store.points().newest();
        if (newest == null || !mayHaveReadFiles(newest.manifest())) {
            return;
        }
        String unseen =
                "storage pools through which files of domain " + store.name() + " were read were not looked for: ";
        Libvirt host = host();
        if (host == null) {
            unlooked.add(Notice.information(unseen + unreachable));
            return;
        }
        try {
            new OwnPools(store.repositoryId(), newest.manifest().domain().uuid())
                    .end(host, store.now(), leftovers.done());
        } catch (LibvirtException e) {
            unlooked.add(Notice.information(unseen + e.getMessage()));
        }
    }

    private static boolean mayHaveReadFiles(Manifest manifest) {
        return manifest.nvram() != null
                || manifest.file(PointFile.TPM) != null
                || manifest.files().stream().anyMatch(file -> file.drive() != null)
                || !manifest.domainXml().notSaved().isEmpty();
    }

    /**
     * Checkpoints and bitmaps that belong to no run in the journal, and that no later point needs.
     *
     * @throws DomainBusyException if another job is active on the domain
     */
    private void removeOrphans(DomainStore store, Leftovers leftovers, List<Notice> unlooked) {
        Listing listing = store.points();
        Point newest = listing.newest();
        if (newest == null
                || listing.points().stream().allMatch(point -> point.manifest().checkpoint() == null)) {
            return;
        }
        String unseen = unseenBitmaps(store);
        if (!listing.damage().isEmpty()) {
            unlooked.add(Notice.information(unseen + listing.damage().get(0)));
            return;
        }
        Libvirt host = host();
        if (host == null) {
            unlooked.add(Notice.information(unseen + unreachable));
            return;
        }
        try {
            Domain domain = Waiting.await(host.domain(newest.manifest().domain().uuid()));
            DomainBitmaps bitmaps = DomainBitmaps.of(domain);
            if (bitmaps.isRunning()) {
                // Of somebody else: a backup that begins while a checkpoint goes loses track of a bitmap.
                HostFacts.refuseOtherJob(domain);
            }
            UnneededCheckpoints.removeAll(bitmaps, store.repositoryId(), listing);
            leftovers.done().addAll(bitmaps.done());
            leftovers.left().addAll(bitmaps.left());
        } catch (LibvirtException e) {
            if (!(e instanceof RemoteException refused && refused.is(ErrorCode.NO_DOMAIN))) {
                unlooked.add(Notice.information(unseen + e.getMessage()));
            }
        }
    }

    private static String unseenBitmaps(DomainStore store) {
        return "bitmaps that domain " + store.name() + " does not need were not looked for: ";
    }

    private @Nullable Libvirt host() {
        if (libvirt == null && unreachable == null) {
            try {
                libvirt = connect.get();
            } catch (LibvirtException e) {
                unreachable = String.valueOf(e.getMessage());
            }
        }
        return libvirt;
    }
}
