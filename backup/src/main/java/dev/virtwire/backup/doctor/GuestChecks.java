// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.DomainBusyException;
import dev.virtwire.backup.internal.host.Amounts;
import dev.virtwire.backup.internal.host.DomainBitmaps;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.Quiesce;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.backup.internal.job.ChosenDisk;
import dev.virtwire.backup.internal.job.DiskChoice;
import dev.virtwire.backup.internal.job.OwnStorage;
import dev.virtwire.client.AccessDeniedException;
import dev.virtwire.client.InvalidArgumentException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.NotSupportedException;
import dev.virtwire.client.OperationInvalidException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.remote.JobCalls;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.manifest.ExcludedDisk;
import dev.virtwire.repository.manifest.HostIdentity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a backup of each domain would find. */
final class GuestChecks {
    /** Nothing that libvirt could begin: it says so if it may be asked at all. */
    private static final String NO_BACKUP = "<virtwire-asks-whether-it-may/>";

    private final Questions questions;
    private final DoctorRequest request;
    private final Libvirt libvirt;
    private final HostChecks host;
    private final @Nullable RepositoryChecks repository;
    private final OwnStorage storage;
    private final HostRooms rooms;
    /** What the host said of itself, which is asked once. */
    private volatile @Nullable HostIdentity identity;

    /**
     * Of domains of this host.
     *
     * @param host what was found of the host
     * @param repository where the backups will be, or null
     */
    GuestChecks(
            Questions questions,
            DoctorRequest request,
            Libvirt libvirt,
            HostChecks host,
            @Nullable RepositoryChecks repository) {
        this.questions = questions;
        this.request = request;
        this.libvirt = libvirt;
        this.host = host;
        this.repository = repository;
        this.storage = new OwnStorage(libvirt);
        this.rooms = new HostRooms(libvirt);
    }

    /** Asks for one domain. */
    void run(Domain domain) {
        String name = domain.name();
        HostFacts facts = questions.fetch(name, "domain", () -> facts(domain), GuestChecks::state);
        if (facts == null) {
            return;
        }
        BackupRequest backup = request.backup(name);
        questions.ask(name, "permission", () -> permission(facts));
        DiskChoice choice = questions.fetch(name, "disks", () -> DiskChoice.of(backup, facts), GuestChecks::chosen);
        DiskCheck.Sum taken = choice == null ? DiskCheck.Sum.NONE : disks(facts, backup, choice);
        KnownPoints points = repository == null ? KnownPoints.NONE : repository.points(questions, facts);
        questions.ask(name, "checkpoints", () -> checkpoints(facts, points));
        GuestFiles files = new GuestFiles(questions, facts);
        files.run();
        if (!facts.isOff()) {
            questions.ask(name, "agent", () -> agent(facts));
            questions.ask(name, "security", () -> new Confinement(facts, host.socketFolder(), host.user()).answer());
        }
        if (repository != null && points.areNone()) {
            repository.expectFirst(taken);
        }
    }

    private HostFacts facts(Domain domain) {
        try {
            HostIdentity found = identity;
            if (found == null) {
                found = HostFacts.host(libvirt);
                identity = found;
            }
            return HostFacts.ask(domain, found, Waiting::pause);
        } catch (RemoteException e) {
            throw new BackupException("the host does not tell what each backup asks first: " + Questions.message(e), e);
        }
    }

    private static Answer state(HostFacts facts) {
        return switch (facts.state()) {
            case RUNNING -> Answer.ok("it runs, and is backed up as it runs");
            case OFF ->
                Answer.ok("it is off: a domain of another name serves its disks to the backup, and it cannot be started"
                        + " meanwhile");
            case SAVED ->
                Answer.note(
                        "it is off with its memory saved: a point holds its disks as in the middle of its work, and"
                                + " not the memory",
                        null);
        };
    }

    /** What is refused changes nothing, and libvirt looks at the right to ask before it looks at what is asked for. */
    private Answer permission(HostFacts facts) {
        try {
            Waiting.await(new JobCalls(libvirt).domainBackupBegin(facts.domain().ref(), NO_BACKUP, null, Set.of()));
            return Answer.warning("the host takes what is no description of a backup, so nobody can tell", null);
        } catch (InvalidArgumentException e) {
            return Answer.ok("this user may begin backups of it");
        } catch (OperationInvalidException e) {
            return facts.isOff()
                    ? Answer.ok("nothing forbids this user to begin backups of it")
                    : Answer.warning("a backup cannot begin now: " + Questions.message(e), null);
        } catch (AccessDeniedException e) {
            return Answer.fails(
                    "this user may not begin backups: " + Questions.message(e),
                    "give the user of this connection the right to it, or connect as another one");
        } catch (NotSupportedException e) {
            return Answer.fails("the host cannot back it up: " + Questions.message(e), null);
        }
    }

    private static Answer chosen(DiskChoice choice) {
        return choice.disks().isEmpty()
                ? Answer.warning("no disk of it can be backed up: all that a point of it holds is its definition", null)
                : Answer.ok(Amounts.count(choice.disks().size(), "disk") + " would be backed up"
                        + (choice.excluded().isEmpty()
                                ? ""
                                : ", and " + choice.excluded().size() + " left out"));
    }

    /** What its disks take, as far as one knows. */
    private DiskCheck.Sum disks(HostFacts facts, BackupRequest backup, DiskChoice choice) {
        String name = facts.identity().name();
        DiskCheck check = new DiskCheck(libvirt, facts);
        Map<ChosenDisk, Long> sizes = new LinkedHashMap<>();
        DiskCheck.Sum taken = DiskCheck.Sum.NONE;
        for (ChosenDisk disk : choice.disks()) {
            DiskCheck.Found found =
                    questions.fetch(name, "disk " + disk.target(), () -> check.of(disk), DiskCheck.Found::answer);
            sizes.put(disk, found == null ? 0L : found.size());
            taken = taken.plus(found);
        }
        for (ExcludedDisk disk : choice.excluded()) {
            questions.add(name, "disk " + disk.target(), leftOut(disk));
        }
        if (choice.disks().isEmpty()) {
            return taken;
        }
        if (facts.isOff()) {
            questions.ask(name, "own storage", () -> ownStorage(backup, facts, choice));
        } else {
            questions.ask(name, "jobs", () -> jobs(facts, choice));
        }
        new ScratchCheck(questions, facts, backup, rooms).ask(sizes);
        return taken;
    }

    private static Answer leftOut(ExcludedDisk disk) {
        String found = "it is left out: " + disk.reason();
        return disk.missed()
                ? Answer.warning(
                        found,
                        "back it up in another way, and say so by --exclude " + disk.target()
                                + ": then no backup warns of it")
                : Answer.note(found, null);
    }

    private Answer ownStorage(BackupRequest backup, HostFacts facts, DiskChoice choice) {
        try {
            storage.require(backup, facts, choice.disks());
            return Answer.ok(
                    backup.ownStorage()
                            ? "no other host uses its disks, as --own-storage says"
                            : "QEMU's locks show if anybody else has its disks open");
        } catch (BackupException e) {
            return Answer.fails(String.valueOf(e.getMessage()), null);
        }
    }

    private static Answer jobs(HostFacts facts, DiskChoice choice) {
        try {
            facts.refuseOtherJob(choice.targets());
            return Answer.ok("no other job is in the way");
        } catch (DomainBusyException e) {
            return Answer.warning(e.reason(), "wait until it ends, or have backups wait for it by --wait 30m");
        }
    }

    private static Answer agent(HostFacts facts) {
        String silence = Quiesce.silence(facts.domain());
        return silence == null
                ? Answer.ok("it answers; whether it may freeze file systems, a backup with --quiesce shows")
                : Answer.note(
                        "--quiesce would fail: " + silence,
                        "have qemu-guest-agent run in the guest, or take disks as after a power cut");
    }

    private static Answer checkpoints(HostFacts facts, KnownPoints points) {
        Set<String> names = DomainBitmaps.of(facts.domain()).names(any -> true);
        Set<String> needed = points.needed();
        String prefix = points.prefix();
        List<String> parts = new ArrayList<>();
        int own = 0;
        int left = 0;
        int virtwires = 0;
        int others = 0;
        for (String name : names) {
            if (needed != null && needed.contains(name)) {
                own++;
            } else if (prefix != null && name.startsWith(prefix)) {
                left++;
            } else if (Names.isCheckpoint(name)) {
                virtwires++;
            } else {
                others++;
            }
        }
        add(parts, own, "that the next backup builds on");
        add(parts, left, "of this repository" + (needed == null ? "" : " that nobody needs"));
        add(parts, virtwires, prefix == null ? "of Virtwire's" : "of other repositories of Virtwire's");
        add(parts, others, "of other programs");
        if (parts.isEmpty()) {
            return Answer.ok("it has no checkpoint, and no bitmap that can be seen");
        }
        String found = "checkpoints and bitmaps: " + String.join(", ", parts);
        if (left > 0) {
            return Answer.note(
                    found,
                    needed == null
                            ? "see why its points cannot be read: until then, nobody knows which of them are needed"
                            : "'virtwire recover' removes those that nobody needs");
        }
        return virtwires + others == 0
                ? Answer.ok(found)
                : Answer.note(
                        found,
                        "each costs time at each write of the guest: delete those that nobody needs, of Virtwire's by"
                                + " 'virtwire checkpoints --remove'");
    }

    private static void add(List<String> parts, int count, String whose) {
        if (count > 0) {
            parts.add(count + " " + whose);
        }
    }
}
