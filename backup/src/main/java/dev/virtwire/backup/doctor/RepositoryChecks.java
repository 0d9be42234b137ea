// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.backup.internal.host.Amounts;
import dev.virtwire.backup.internal.host.FileSystemType;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.RepositoryFile;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Listing;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether backups can be written where they are to be. */
final class RepositoryChecks {
    /** Clocks of two machines that write one repository may differ by that. */
    private static final Duration NEAR = Duration.ofMinutes(5);

    private final Questions questions;
    private final Path folder;
    private volatile @Nullable RepositoryStore store;
    /** The folder, or the nearest one above it that is there; null if nothing can be written. */
    private @Nullable Path there;

    private DiskCheck.Sum expected = DiskCheck.Sum.NONE;
    private int firsts;

    RepositoryChecks(Questions questions, Path folder) {
        this.questions = questions;
        this.folder = folder.toAbsolutePath().normalize();
    }

    /** What the folder is. */
    void open() {
        there = questions.fetch(Check.REPOSITORY, "folder", this::usable, this::said);
    }

    /** Fails with a {@link RepositoryException} that says why no backup can be written there. */
    private Path usable() throws IOException {
        Path existing = folder;
        while (!Files.exists(existing)) {
            Path parent = existing.getParent();
            if (parent == null) {
                throw new RepositoryException(folder + " cannot be made");
            }
            existing = parent;
        }
        if (!Files.isDirectory(existing)) {
            throw new RepositoryException(existing + " is not a folder");
        }
        if (existing.equals(folder)) {
            if (RepositoryFile.isIn(folder)) {
                store = RepositoryStore.open(folder, DurableFiles.PLAIN);
            } else {
                RepositoryFile.refuseOtherThings(folder);
            }
        }
        if (!Files.isWritable(existing)) {
            throw new RepositoryException(
                    "this user cannot write to " + existing + ", or its file system is mounted read-only");
        }
        return existing;
    }

    private Answer said(Path existing) {
        RepositoryStore opened = store;
        if (opened != null) {
            return Answer.ok(folder + " is a repository, with "
                    + Amounts.count(opened.domainStores().size(), "domain"));
        }
        return existing.equals(folder)
                ? Answer.ok(folder + " is empty: the first backup makes a repository of it")
                : Answer.ok(folder + " is not there yet: the first backup makes it in " + existing);
    }

    /** Asks what there is of a domain. */
    KnownPoints points(Questions ofGuests, HostFacts facts) {
        RepositoryStore opened = store;
        if (opened == null) {
            return KnownPoints.NONE;
        }
        String name = facts.identity().name();
        DomainStore domain = opened.domain(name);
        return new KnownPoints(
                Names.checkpointPrefix(opened.id()),
                ofGuests.fetch(name, "points", () -> domain.points(), listing -> points(domain, listing, facts)));
    }

    /**
     * Says that a backup is to come that is the first one of its domain.
     *
     * @param taken what its disks take, as far as one knows
     */
    void expectFirst(DiskCheck.Sum taken) {
        if (!taken.equals(DiskCheck.Sum.NONE)) {
            expected = expected.plus(taken);
            firsts++;
        }
    }

    private static Answer points(DomainStore domain, Listing listing, HostFacts facts) {
        domain.requireSame(facts.identity());
        List<String> open = domain.journal().points();
        if (!open.isEmpty()) {
            return Answer.note(
                    "a run is at work, or has died and was not cleared up after: " + String.join(", ", open),
                    "if none is at work, the next backup clears up, and so does 'virtwire recover'");
        }
        if (!listing.damage().isEmpty()) {
            return Answer.warning(
                    "a point cannot be read: " + listing.damage().get(0),
                    "see 'virtwire verify', and 'virtwire points'");
        }
        Point newest = listing.newest();
        if (newest == null) {
            return Answer.ok("there is no point of it yet: the first backup reads all that its disks hold");
        }
        Instant began = newest.manifest().began();
        String found = Amounts.count(listing.points().size(), "point") + ", the newest of "
                + began.truncatedTo(ChronoUnit.SECONDS);
        return began.isAfter(domain.now().plus(NEAR))
                ? Answer.warning(found + ", which is in the future", "see to the clocks of those who make backups")
                : Answer.ok(found);
    }

    /** What the file system is like, when it is known what is to come. */
    void run() {
        Path existing = there;
        if (existing == null) {
            return;
        }
        questions.ask(Check.REPOSITORY, "room", () -> room(Files.getFileStore(existing)));
        questions.ask(Check.REPOSITORY, "file system", () -> kind(Files.getFileStore(existing)));
        if (existing.equals(folder)) {
            questions.ask(Check.REPOSITORY, "abilities", () -> FileSystemProbe.in(folder));
        }
    }

    private Answer room(FileStore files) throws IOException {
        return room(files.getUsableSpace(), files.type(), expected, firsts);
    }

    /** Nobody knows what a first backup needs before it reads the disks, so what may be too little is a warning. */
    static Answer room(long free, String type, DiskCheck.Sum needed, int guests) {
        if (free == 0) {
            return Answer.fails("the file system is full", "make room, or choose another folder");
        }
        String found = Amounts.bytes(free) + " are free" + (guests == 0 ? "" : needs(needed, guests));
        if (needed.allocation() > free) {
            return new FileSystemType(type).mayCompress()
                    ? Answer.warning(found + "; " + type + " may need less", "have more room for what comes later")
                    : Answer.warning(found, "choose a folder with more room, or use --compress zstd");
        }
        return needed.size() > free || needed.unknown() > 0 ? Answer.note(found, null) : Answer.ok(found);
    }

    private static String needs(DiskCheck.Sum needed, int guests) {
        String first = ", and the first backup of " + Amounts.count(guests, "domain") + " takes ";
        String known = "about " + Amounts.bytes(needed.allocation())
                + " if nothing is compressed, and up to " + Amounts.bytes(needed.size())
                + " if images stand on others";
        String unknown = Amounts.count(needed.unknown(), "disk") + " whose size nobody knows";
        if (needed.disks() == 0) {
            return first + "the room of " + unknown;
        }
        return first + known + (needed.unknown() == 0 ? "" : ", beside " + unknown);
    }

    private static Answer kind(FileStore files) {
        String type = files.type();
        return new FileSystemType(type).isShared()
                ? Answer.note(
                        type
                                + ", which several hosts may use: whether locks of one hold for the others is the"
                                + " server's to say",
                        "have one host write each domain")
                : Answer.ok(type);
    }
}
