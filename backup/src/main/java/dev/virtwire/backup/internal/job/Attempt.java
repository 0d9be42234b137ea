// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.nbd.NbdException;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Writer;
import dev.virtwire.repository.internal.journal.DomainClone;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Listing;
import dev.virtwire.repository.internal.unfinished.AskedFor;
import dev.virtwire.repository.internal.unfinished.BegunDisk;
import dev.virtwire.repository.internal.unfinished.BegunPoint;
import dev.virtwire.repository.internal.unfinished.UnfinishedPoint;
import dev.virtwire.repository.manifest.DiskEncryption;
import dev.virtwire.repository.manifest.DomainXml;
import dev.virtwire.repository.manifest.ExcludedDisk;
import dev.virtwire.repository.manifest.GuestState;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.Mode;
import dev.virtwire.repository.manifest.Nvram;
import dev.virtwire.repository.manifest.ParentLink;
import dev.virtwire.repository.manifest.PointFile;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a run knows of the point that it makes. It is planned, then begun, then recorded; each step returns
 * the next one. The journal's entry, the notes for a run that resumes it, and the manifest are written from it.
 *
 * @param request what was asked for
 * @param facts what the host said
 * @param store where the point goes
 * @param point its id
 * @param planned when the run began with it
 * @param choice the domain's disks: those in the point, and the others
 * @param plan what the host is asked to do, or was
 * @param lost by target, why a disk's bitmap turned out to be of no use
 * @param begun the job, or null before it has begun
 * @param recorded what the point holds besides disks, or null before that is written
 */
record Attempt(
        BackupRequest request,
        HostFacts facts,
        DomainStore store,
        String point,
        Instant planned,
        DiskChoice choice,
        TransferPlan plan,
        Map<String, String> lost,
        @Nullable Begun begun,
        @Nullable Recorded recorded) {
    /**
     * A job that runs on the host: the disks stand still from here on.
     *
     * @param job the job
     * @param began when libvirt was asked to begin
     * @param port the port that the export listens on; 0 for a socket
     * @param frozen how long the guest's file systems were frozen at most, or null if they were not
     * @param resumed whether an earlier run began it
     */
    record Begun(
            BackupJob job,
            Instant began,
            int port,
            @Nullable Duration frozen,
            boolean resumed) {}

    /**
     * What a point holds besides disks, as it was when the job had just begun; it is written.
     *
     * @param files all files of the point but images and digests
     * @param domainXml what is in the saved domain XML
     * @param nvram the UEFI variables, or null for a domain without
     * @param tpmState whether the domain has an emulated TPM
     */
    record Recorded(
            List<PointFile> files,
            DomainXml domainXml,
            @Nullable Nvram nvram,
            boolean tpmState) {}

    /**
     * A new one.
     *
     * @param lost by target, why a disk's bitmap turned out to be of no use
     */
    static Attempt planned(
            BackupRequest request, HostFacts facts, DomainStore store, DiskChoice choice, Map<String, String> lost) {
        ParentChoice parent = request.mode() == Mode.PULL && request.level() != Level.FULL
                ? new ParentSearch(request, store, facts, choice.disks()).find(lost)
                : ParentChoice.full(
                        choice.disks(),
                        request.mode() == Mode.PULL ? "a full backup was asked for" : "a push is always full");
        Instant now = store.now();
        String id = store.newPointId(now, parent.level());
        TransferPlan plan = TransferPlan.of(
                request,
                facts.domain().libvirt().uri(),
                store.repositoryId(),
                facts.identity().uuid(),
                id,
                Names.random(),
                choice.disks(),
                parent);
        return new Attempt(request, facts, store, id, now, choice, plan, lost, null, null);
    }

    /**
     * Another plan for the same, with all of these disks.
     *
     * @param useless by target, why a disk's bitmap turned out to be of no use
     */
    Attempt without(Map<String, String> useless) {
        Map<String, String> all = new LinkedHashMap<>(lost);
        all.putAll(useless);
        return planned(request, facts, store, choice, all);
    }

    /** The next one: libvirt has begun the job, by {@code carriedOut}. */
    Attempt begun(TransferPlan carriedOut, Begun job) {
        return new Attempt(request, facts, store, point, planned, choice, carriedOut, lost, job, null);
    }

    /** The next one: what the point holds besides disks is written. */
    Attempt recorded(Recorded written) {
        return new Attempt(request, facts, store, point, planned, choice, plan, lost, begun, written);
    }

    /** Whether another run may finish it after this failure: what cannot be written here now could not be later. */
    boolean mayBeResumed(Throwable failure) {
        return recorded != null && !facts.isOff() && request.mode() == Mode.PULL && !(failure instanceof IOException);
    }

    /**
     * Whether a storm outlasted all questions, and whoever asks for it will resume the {@code written} bytes. A run
     * that has written nothing has brought the job no nearer to its end, and nobody watches its scratch files
     * meanwhile.
     */
    boolean isWorthResuming(Throwable failure, long written) {
        return request.resume()
                && mayBeResumed(failure)
                && failure instanceof NbdException broken
                && broken.kind().mayPass()
                && !request.stallTimeout().isZero()
                && written > 0;
    }

    /** The job, which has begun. */
    Begun job() {
        return requireNonNull(begun, "the job has not begun");
    }

    /** The folder that the point is made in. */
    UnfinishedPoint unfinished() {
        return new UnfinishedPoint(store, point);
    }

    /** The point that it builds on, or null. */
    @Nullable
    Point builtOn() {
        return plan.choice().builtOn();
    }

    /** What goes into the journal before the host is asked to begin: all that may be left behind anywhere. */
    JournalEntry entry() {
        Point parent = builtOn();
        return new JournalEntry(
                JournalEntry.FORMAT,
                facts.isOff() ? JournalEntry.NEWEST_VERSION : JournalEntry.VERSION,
                store.repositoryId(),
                point,
                Writer.here().process(),
                planned,
                facts.identity(),
                facts.host(),
                request.mode(),
                plan.choice().level(),
                parent == null ? null : parent.id(),
                request.keepFullCheckpoint(),
                plan.checkpoint(),
                plan.socket(),
                plan.scratch(),
                plan.pushed(),
                null,
                plan.random(),
                domainClone());
    }

    /** What serves the disks of a domain that is off; null for one that runs. */
    @Nullable
    DomainClone domainClone() {
        return facts.isOff()
                ? DomainClone.of(facts.identity().name(), requireNonNull(plan.random()), choice.targets())
                : null;
    }

    /** What only this run knows, for one that resumes its job. */
    BegunPoint notes() {
        Recorded written = requireNonNull(recorded);
        Duration frozen = job().frozen();
        return new BegunPoint(
                BegunPoint.FORMAT,
                BegunPoint.VERSION,
                point,
                asked(request),
                facts.domain().id().orElse(null),
                job().began(),
                job().port(),
                plan.choice().level(),
                link(plan.choice().parent()),
                plan.checkpoint(),
                plan.disks().stream().map(this::begunDisk).toList(),
                choice.excluded(),
                written.files(),
                written.domainXml(),
                written.nvram(),
                written.tpmState(),
                frozen == null ? null : frozen.toMillis());
    }

    private BegunDisk begunDisk(ChosenDisk disk) {
        String target = disk.target();
        return new BegunDisk(
                target,
                disk.source(),
                plan.choice().incremental().contains(target),
                plan.choice().compared().contains(target),
                plan.choice().reasonOf(target),
                plan.tracked().contains(target));
    }

    /** What a request asks for, as far as a point differs by it. */
    static AskedFor asked(BackupRequest request) {
        Level level = request.level();
        return new AskedFor(
                level == null ? "AUTO" : level.name(),
                request.since(),
                request.keepFullCheckpoint(),
                request.disks().stream().sorted().toList(),
                request.excluded().stream().sorted().toList(),
                request.quiesce(),
                request.compression(),
                request.scratchFolder(),
                request.nbd() == null ? null : request.nbd().toString());
    }

    /**
     * The manifest of the point, which is complete now.
     *
     * @param disks its disks
     * @param earlier the domain's points so far
     */
    Manifest manifest(List<ManifestDisk> disks, Listing earlier) {
        Recorded written = requireNonNull(recorded);
        return new Manifest(
                Manifest.FORMAT,
                Manifest.VERSION,
                Writer.here().program(),
                store.repositoryId(),
                point,
                facts.identity(),
                facts.host(),
                request.mode(),
                plan.choice().level(),
                request.mode() == Mode.PULL ? Manifest.COMPLETED : Manifest.COMPLETED_UNVERIFIED,
                link(builtOn()),
                link(earlier.newest()),
                plan.checkpoint(),
                plan.checkpoint() == null ? plan.noCheckpointReason() : null,
                job().frozen() != null,
                job().began(),
                store.now(),
                disks.stream()
                        .map(disk -> isPlainAllowed(disk, earlier) ? disk.allowingPlain() : disk)
                        .toList(),
                choice.excluded(),
                written.files(),
                written.domainXml(),
                written.nvram(),
                facts.state(),
                List.of());
    }

    /** It is allowed once for each disk and secret. */
    private boolean isPlainAllowed(ManifestDisk disk, Listing earlier) {
        DiskEncryption encryption = disk.source().encryption();
        if (encryption == null) {
            return false;
        }
        return request.plain()
                || earlier.points().stream()
                        .map(point -> point.manifest().disk(disk.target()))
                        .anyMatch(before -> before != null
                                && encryption
                                        .allowingPlain()
                                        .equals(before.source().encryption()));
    }

    /** What the user should know of how the point's disks were copied, a sentence each. */
    List<Notice> notices(Manifest manifest) {
        List<Notice> found = new ArrayList<>();
        if (facts.state() == GuestState.SAVED) {
            found.add(Notice.information("the domain is off with its memory saved: the point holds its disks as in the"
                    + " middle of its work, and not the memory"));
        }
        manifest.disks().forEach(disk -> found.addAll(ofEncryption(disk)));
        for (ManifestDisk disk : manifest.disks()) {
            boolean changesWanted = request.mode() == Mode.PULL && request.level() != Level.FULL;
            ParentChoice choice = plan.choice();
            // Another reason than that of the plan: its bitmap was found to miss changes.
            boolean byBitmap = choice.byBitmap().contains(disk.target())
                    && choice.reasonOf(disk.target()).equals(disk.reason());
            if (disk.level() != Level.FULL && !byBitmap && disk.bitmap() != null) {
                found.add(Notice.information("disk " + disk.target() + " holds " + disk.reason()));
            } else if (disk.level() == Level.FULL && changesWanted && manifest.previous() != null) {
                found.add(Notice.information(
                        "disk " + disk.target() + (byBitmap ? " is " : " was copied in full: ") + disk.reason()));
            }
            if (disk.bitmap() == null && request.mode() == Mode.PULL) {
                found.add(Notice.information("disk " + disk.target() + " has no bitmap of changes ("
                        + plan.noBitmapReason(disk.target()) + "): every backup of it reads all of it"));
            }
        }
        return found;
    }

    private static List<Notice> ofEncryption(ManifestDisk disk) {
        DiskEncryption encryption = disk.source().encryption();
        if (encryption == null) {
            return List.of();
        }
        if (disk.pushed() != null) {
            return List.of(Notice.information("the image of disk " + disk.target()
                    + " is encrypted as the disk is: who reads it needs the value of libvirt's secret "
                    + encryption.secret()));
        }
        String text = "disk " + disk.target() + " is encrypted on its host, and what the backup holds of it is not";
        return List.of(encryption.plainAllowed() ? Notice.information(text) : Notice.warning(text));
    }

    /**
     * What the user should know of what a point has, and lacks, besides its disks; of a point without disks as well.
     */
    static List<Notice> ofDefinition(RepositoryStore repository, DomainStore store, Manifest manifest) {
        List<Notice> found = new ArrayList<>();
        if (manifest.previous() == null) {
            repository
                    .formerNames(store, manifest.domain().uuid(), manifest.host())
                    .forEach(former ->
                            found.add(Notice.information("folder " + former.name() + " has points of a domain with"
                                    + " the same UUID on this host: if it was renamed, they stay there")));
        }
        for (ExcludedDisk disk : manifest.lacking()) {
            String text = "disk " + disk.target() + " is not in it: " + disk.reason();
            found.add(disk.missed() ? Notice.warning(text) : Notice.information(text));
        }
        Nvram nvram = manifest.nvram();
        if (nvram != null && nvram.reason() != null) {
            found.add(Notice.warning("the UEFI variables in " + nvram.path() + " are not in it: " + nvram.reason()));
        }
        manifest.domainXml().notSaved().forEach(missing -> found.add(Notice.warning(missing)));
        return found;
    }

    /** What names a point in the manifest of another, or null for none. */
    static @Nullable ParentLink link(@Nullable Point point) {
        return point == null ? null : new ParentLink(point.id(), point.manifestSha256());
    }
}
