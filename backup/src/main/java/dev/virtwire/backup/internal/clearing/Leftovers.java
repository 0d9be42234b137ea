// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.clearing;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.internal.host.DomainBitmaps;
import dev.virtwire.backup.internal.host.GuestClone;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.HostFiles;
import dev.virtwire.backup.internal.host.HostQuestions;
import dev.virtwire.backup.internal.host.OwnPools;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.checkpoint.Checkpoint;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.consolidation.Consolidator;
import dev.virtwire.repository.internal.copy.CopyCancelledException;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Listing;
import dev.virtwire.repository.internal.store.PointRemoval;
import dev.virtwire.repository.internal.unfinished.UnfinishedPoint;
import dev.virtwire.repository.manifest.HostIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clears what runs left on a host and in a domain's folder, as the journal tells: a job, checkpoints, scratch files,
 * sockets, images and an unfinished point. Only what bears the point's name is touched. The caller holds the domain's
 * lock.
 */
public final class Leftovers {
    private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

    private final DomainStore store;
    private final List<String> done = new ArrayList<>();
    private final List<String> left = new ArrayList<>();
    private BooleanSupplier mayMakeClone = () -> true;

    /** Of this domain. */
    public Leftovers(DomainStore store) {
        this.store = store;
    }

    /** What was cleared, each one sentence. */
    public List<String> done() {
        return done;
    }

    /** What could not be cleared, each with the reason. */
    public List<String> left() {
        return left;
    }

    /**
     * Whoever wants to start the domain shall not meet another clone: what only one can clear stays for the next run.
     */
    public void makingClonesIf(BooleanSupplier nobodyWantsIt) {
        mayMakeClone = nobodyWantsIt;
    }

    /** The entry of a run as it stands in the journal, which knows whether a guest is frozen; else {@code written}. */
    public JournalEntry entryOf(JournalEntry written) {
        List<JournalEntry> readable = store.journal().entries(problem -> LOG.debug("an entry of another run", problem));
        return readable.stream()
                .filter(entry -> entry.point().equals(written.point()))
                .findFirst()
                .orElse(written);
    }

    /** Clears what a run left, on its host too if {@code libvirt} leads to that. */
    public void clearWhereItRan(JournalEntry entry, Libvirt libvirt) {
        String obstacle = obstacle(entry, libvirt);
        if (obstacle == null) {
            clear(entry, libvirt);
        } else {
            leave(entry, obstacle);
            clearHere(entry, false);
        }
    }

    /** Clears what a run left, here and on its host, if {@code libvirt} leads to that; else leaves all of it. */
    public void clearIfItRanThere(JournalEntry entry, Libvirt libvirt) {
        String obstacle = obstacle(entry, libvirt);
        if (obstacle == null) {
            clear(entry, libvirt);
        } else {
            leave(entry, obstacle);
        }
    }

    private void clear(JournalEntry entry, Libvirt libvirt) {
        if (endClone(entry, libvirt, left) && (!isCommitted(entry) || outlivesACrash(entry))) {
            clearFailed(entry, libvirt, false);
        }
    }

    /** What serves the disks of the run's guest if that is off; null if the guest ran. */
    private @Nullable GuestClone guestClone(JournalEntry entry, Libvirt libvirt) {
        return entry.servedBy() == null
                ? null
                : new GuestClone(libvirt, entry.domain().uuid(), entry.servedBy(), mayMakeClone);
    }

    /**
     * A clone that a run left may be about to go with that run's connection. If it is needed, there will be another.
     */
    private boolean endClone(JournalEntry entry, Libvirt libvirt, List<String> stuck) {
        GuestClone clone = guestClone(entry, libvirt);
        if (clone == null) {
            return true;
        }
        String name = clone.description().name();
        try {
            if (clone.end()) {
                done.add("ended domain " + name + ", which served the disks of "
                        + entry.domain().name());
            }
            return true;
        } catch (LibvirtException | BackupException e) {
            stuck.add("domain " + name + ", which serves the disks of "
                    + entry.domain().name() + ": " + e.getMessage());
            return false;
        }
    }

    private static @Nullable String obstacle(JournalEntry entry, Libvirt libvirt) {
        try {
            return otherHost(entry, libvirt);
        } catch (LibvirtException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Why the run was on another host than {@code libvirt} leads to, or null if it was on this one. */
    private static @Nullable String otherHost(JournalEntry entry, Libvirt libvirt) {
        HostIdentity host = entry.host();
        String name = Waiting.await(libvirt.hostname());
        String uuid = HostFacts.uuid(libvirt);
        if (!host.is(name, uuid)) {
            if (!host.name().equals(name)) {
                return "this is host " + name;
            }
            // A host without a firmware's UUID makes one up at each start of libvirtd. What only the run made proves
            // it.
            if (!new AbandonedJob(libvirt, entry).isKnown()) {
                return "this host has the same name, and its UUID is " + uuid + " instead of " + host.uuid()
                        + ". If it is the same one, set host_uuid in its libvirtd.conf to that";
            }
        }
        String path = libvirt.uri().path();
        return LibvirtUri.parse(host.uri()).path().equals(path)
                ? null
                : "it was made by " + host.uri() + ", and this is " + path;
    }

    /** A run that could not sync the folder left that to us; until it is done, all that the point needs stays. */
    private boolean outlivesACrash(JournalEntry entry) {
        try {
            store.files().syncFolder(store.folder());
            return true;
        } catch (IOException e) {
            left.add("the name of point " + entry.point() + ", which may not outlive a crash: " + Problems.reason(e));
            return false;
        }
    }

    /**
     * After a run whose job has ended and whose point stands: clears what has served, and forgets the run.
     *
     * @param questions asks the host
     */
    public void clearDone(JournalEntry entry, Libvirt libvirt, HostQuestions questions) {
        Listing listing = listing();
        List<String> stuck = new ArrayList<>();
        deleteFiles(entry, true, stuck);
        try {
            Domain domain = questions.ask(
                    () -> Waiting.await(libvirt.domain(entry.domain().uuid())));
            if (questions.ask(() -> mayHaveEarlier(domain, entry, listing))) {
                deleteCheckpoints(entry, listing, domain, false, stuck);
            }
        } catch (LibvirtException | CopyCancelledException e) {
            if (!(e instanceof RemoteException refused && refused.is(ErrorCode.NO_DOMAIN))) {
                stuck.add("older checkpoints of domain " + entry.domain().name() + ": " + e.getMessage());
            }
        }
        endClone(entry, libvirt, stuck);
        left.addAll(stuck);
        clearHere(entry, stuck.isEmpty());
    }

    /** Before its first point a domain had none of the repository's checkpoints, unless earlier points were removed. */
    private static boolean mayHaveEarlier(Domain domain, JournalEntry entry, @Nullable Listing listing) {
        if (listing == null || listing.points().size() > 1) {
            return true;
        }
        String prefix = Names.checkpointPrefix(entry.repository());
        return Waiting.await(domain.checkpoints().list()).stream()
                .map(Checkpoint::name)
                .anyMatch(name -> name.startsWith(prefix) && !name.equals(entry.checkpoint()));
    }

    /**
     * After a run that the host has refused.
     *
     * @return whether nothing of it is left
     */
    public boolean clearRefused(JournalEntry entry, Libvirt libvirt) {
        // libvirt itself deletes the scratch files of a job that it does not begin.
        clearFailed(entry.withoutImages(), libvirt, false, false);
        return left.isEmpty();
    }

    /**
     * After a run that has failed or died. If the host cannot be reached, the job may still run: with {@code
     * resumable}, nothing is cleared here then either, for a run that resumes it.
     *
     * @return whether that was so
     */
    public boolean clearFailed(JournalEntry entry, Libvirt libvirt, boolean resumable) {
        return clearFailed(entry, libvirt, resumable, true);
    }

    private boolean clearFailed(JournalEntry entry, Libvirt libvirt, boolean resumable, boolean search) {
        Listing listing = listing();
        AbandonedJob job = new AbandonedJob(libvirt, entry);
        boolean ended = job.end();
        done.addAll(job.done());
        List<String> stuck = new ArrayList<>(job.left());
        if (ended) {
            List<String> unseen = deleteFiles(entry, isCommitted(entry), stuck);
            if (job.domain() != null) {
                deleteCheckpoints(entry, listing, job.domain(), search, stuck);
            }
            endClone(entry, libvirt, stuck);
            left.addAll(stuck);
            if (search) {
                searchHost(entry, libvirt, unseen);
            }
        } else {
            left.addAll(stuck);
        }
        if (resumable && job.isUnreachable()) {
            return true;
        }
        clearHere(entry, stuck.isEmpty());
        return false;
    }

    /**
     * libvirt removes scratch files itself when it ends a job; what is still there has outlived libvirt or QEMU.
     *
     * @param committed whether the point exists, so that its images on the host stay
     * @return files that are not to be seen from here
     */
    private List<String> deleteFiles(JournalEntry entry, boolean committed, List<String> stuck) {
        List<String> files = new ArrayList<>(entry.scratch());
        if (entry.socket() != null) {
            files.add(entry.socket());
        }
        if (!committed) {
            files.addAll(entry.pushed());
        }
        List<String> unseen = new ArrayList<>();
        for (String name : files) {
            Path path = Path.of(name);
            try {
                if (Files.deleteIfExists(path)) {
                    done.add("deleted " + path);
                } else if (!name.equals(entry.socket())) {
                    unseen.add(name);
                }
            } catch (IOException e) {
                stuck.add(path + ": " + Problems.reason(e));
            }
        }
        return unseen;
    }

    /** Looks for files at a host that is another machine, which costs it a moment. */
    private void searchHost(JournalEntry entry, Libvirt libvirt, List<String> unseen) {
        try {
            new OwnPools(entry.repository(), entry.domain().uuid()).end(libvirt, store.now(), done);
        } catch (LibvirtException e) {
            left.add("perhaps a storage pool of point " + entry.point() + " on host "
                    + entry.host().name() + ": " + e.getMessage());
        }
        if (HostFacts.isHere(libvirt) || unseen.isEmpty()) {
            return;
        }
        HostFiles host = new HostFiles(libvirt, entry);
        host.delete(unseen);
        done.addAll(host.done());
        left.addAll(host.unknown());
    }

    private void deleteCheckpoints(
            JournalEntry entry, @Nullable Listing listing, Domain domain, boolean search, List<String> stuck) {
        try {
            GuestClone clone = guestClone(entry, domain.libvirt());
            boolean serves = clone != null && (mayMakeClone.getAsBoolean() || clone.find() != null);
            DomainBitmaps bitmaps = DomainBitmaps.of(domain, serves ? clone : null);
            UnneededCheckpoints checkpoints = new UnneededCheckpoints(entry, listing, isCommitted(entry));
            checkpoints.remove(bitmaps, search);
            checkpoints.bringBack(bitmaps);
            done.addAll(bitmaps.done());
            stuck.addAll(bitmaps.left());
        } catch (LibvirtException | BackupException e) {
            stuck.add("checkpoints of domain " + domain.name() + ": " + e.getMessage());
        }
    }

    /** The points, or null if the repository cannot be read: the host is not to pay for that. */
    private @Nullable Listing listing() {
        try {
            return store.points();
        } catch (RepositoryException e) {
            left.add("older checkpoints of domain " + store.name() + ": " + e.getMessage());
            return null;
        }
    }

    private boolean isCommitted(JournalEntry entry) {
        // Only if the file system says that there is no such folder; an error says nothing.
        return !Files.notExists(store.folder().resolve(entry.point()), LinkOption.NOFOLLOW_LINKS);
    }

    /** What a run left stays, and stays in the journal, for {@code reason}. */
    public void leave(JournalEntry entry, String reason) {
        left.add("what point " + entry.point() + " left on host " + entry.host().name() + ": " + reason);
    }

    private void clearHere(JournalEntry entry, boolean forget) {
        try {
            if (Files.exists(store.partial(entry.point()), LinkOption.NOFOLLOW_LINKS)) {
                new UnfinishedPoint(store, entry.point()).discard();
                done.add("deleted " + store.partial(entry.point()));
            }
            if (forget) {
                store.journal().remove(entry.point());
            }
        } catch (IOException e) {
            left.add(store.partial(entry.point()) + ": " + Problems.reason(e));
        }
    }

    /**
     * Removes folders of points that no journal knows of, and what is left of points that were being removed. Ends
     * merges of points if names have to change only.
     */
    public void clearUnknown() {
        try {
            store.journal().removeTorn();
            Set<Path> known = new HashSet<>();
            store.journal().points().forEach(point -> known.add(store.partial(point)));
            for (Path partial : store.partials()) {
                if (!known.contains(partial)) {
                    store.files().deleteTree(partial);
                    done.add("deleted " + partial);
                }
            }
            if (store.journal().hasMerges()) {
                Consolidator.settle(store);
            }
            if (!store.removals().isEmpty()) {
                for (String point : new PointRemoval(store).finish()) {
                    done.add("deleted the rest of point " + point + ", which was being removed");
                }
            }
        } catch (DamagedException e) {
            e.findings().forEach(finding -> left.add(finding.toString()));
        } catch (IOException e) {
            left.add(store.folder() + ": " + Problems.reason(e));
        }
    }
}
