// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Json;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is in progress in a domain, or was when its writer died: one file for each point. What an entry names may be
 * deleted, here and on the host, so that an entry which names anything but its own point's traces is not read at all.
 */
public final class Journal {
    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
    private static final String SUFFIX = ".json";

    private static final long NEWEST_MAX = 64 << 10;

    private final Path folder;
    private final String repository;
    private final DurableFiles files;

    /** In {@code folder}, of a domain in the repository with this id. */
    public Journal(Path folder, String repository, DurableFiles files) {
        this.folder = folder;
        this.repository = repository;
        this.files = files;
    }

    /** Its folder, which need not exist. */
    public Path folder() {
        return folder;
    }

    /** The file of a point's entry. */
    public Path file(String point) {
        return folder.resolve(Names.journal(point));
    }

    /** Writes an entry, or another one in its place. */
    public void write(JournalEntry entry) throws IOException {
        files.replace(file(entry.point()), Json.write(entry));
    }

    /** Removes a point's entry. */
    public void remove(String point) throws IOException {
        files.delete(DurableFiles.fresh(file(point)));
        files.delete(file(point));
    }

    /** Removes entries that a crash left half-written: nothing had been begun then. */
    public void removeTorn() throws IOException {
        List<Path> torn;
        try (Stream<Path> list = Files.list(folder)) {
            torn = list.filter(path -> {
                        String name = String.valueOf(path.getFileName());
                        // Of these two, somebody else may be writing one: they have locks of their own.
                        return name.startsWith(".")
                                && !name.startsWith("." + Names.VERIFIED)
                                && !name.startsWith("." + Names.DAMAGE);
                    })
                    .toList();
        }
        for (Path path : torn) {
            files.delete(path);
        }
    }

    /** The ids of the points that have an entry, readable or not. */
    public List<String> points() {
        return paths().stream()
                .map(path -> String.valueOf(path.getFileName()))
                .map(name -> name.substring(0, name.length() - SUFFIX.length()))
                .toList();
    }

    /**
     * All entries.
     *
     * @throws RepositoryException if one cannot be read, or a newer program wrote it
     */
    public List<JournalEntry> entries() {
        return paths().stream().map(this::read).toList();
    }

    /** The entries that can be read; of each other one {@code problem} is told. */
    public List<JournalEntry> entries(Consumer<RepositoryException> problem) {
        List<JournalEntry> entries = new ArrayList<>();
        for (Path path : paths()) {
            try {
                entries.add(read(path));
            } catch (RepositoryException e) {
                problem.accept(e);
            }
        }
        return entries;
    }

    /** The entries that cannot be read, but for those that a newer program may have written; and damaged holds. */
    public List<Finding> damage() {
        List<Finding> damage = new ArrayList<>();
        for (Runnable note : List.<Runnable>of(() -> holds().list(), this::readNewest)) {
            try {
                note.run();
            } catch (DamagedException e) {
                damage.addAll(e.findings());
            }
        }
        for (Path path : paths()) {
            try {
                read(path);
            } catch (NewerEntryException e) {
                LOG.debug("an entry of a newer program", e);
            } catch (RepositoryException e) {
                // One whose run has just ended is no damage.
                if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                    String message = String.valueOf(e.getMessage());
                    String prefix = path + " ";
                    damage.add(Finding.of(
                            path, message.startsWith(prefix) ? message.substring(prefix.length()) : message));
                }
            }
        }
        return damage;
    }

    /** Whether points are being merged, or a run died that merged some: see {@link Merges}. */
    public boolean hasMerges() {
        return !names(Names::isMerge).isEmpty();
    }

    /** The points that a person holds. */
    public Holds holds() {
        return new Holds(folder, files);
    }

    /** Writes down which point is the newest. */
    public void writeNewest(NewestPoint newest) throws IOException {
        Path file = folder.resolve(Names.NEWEST);
        try {
            files.replace(file, Json.writeSummed(newest));
        } catch (IOException e) {
            try {
                files.delete(DurableFiles.fresh(file));
            } catch (IOException delete) {
                e.addSuppressed(delete);
            }
            throw e;
        }
    }

    /** The newest point that was committed; null if nobody wrote that down, or it cannot be read. */
    public @Nullable NewestPoint newest() {
        try {
            return readNewest();
        } catch (DamagedException e) {
            LOG.debug("the newest point is not known", e);
            return null;
        }
    }

    /** Null also if a newer program wrote it. */
    private @Nullable NewestPoint readNewest() {
        Path file = folder.resolve(Names.NEWEST);
        if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > NEWEST_MAX) {
                throw new DamagedException(Finding.of(file, "is no file that says which point is the newest"));
            }
            byte[] bytes = Files.readAllBytes(file);
            NewestPoint newest = Json.readSummed(bytes, NewestPoint.class);
            if (newest == null || !newest.format().equals(NewestPoint.FORMAT) || !Names.isPoint(newest.point())) {
                throw new DamagedException(
                        new Finding(file, 0, bytes.length, "is torn or was altered; the next backup makes it again"));
            }
            return newest.version() > NewestPoint.VERSION ? null : newest;
        } catch (IOException e) {
            throw Problems.with("read", file, e);
        }
    }

    private List<Path> paths() {
        return names(name -> name.endsWith(SUFFIX) && !name.startsWith("."));
    }

    private List<Path> names(Predicate<String> wanted) {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (Stream<Path> list = Files.list(folder)) {
            return list.filter(path -> wanted.test(String.valueOf(path.getFileName())))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw Problems.with("read", folder, e);
        }
    }

    private JournalEntry read(Path file) {
        try {
            JournalEntry entry = Json.read(Files.readAllBytes(file), JournalEntry.class);
            if (!entry.format().equals(JournalEntry.FORMAT) || entry.version() > JournalEntry.NEWEST_VERSION) {
                throw new NewerEntryException(file + " is not a journal that this program can read: use a newer one");
            }
            if (!Names.journal(entry.point()).equals(String.valueOf(file.getFileName()))
                    || !Names.isPoint(entry.point())
                    || !entry.repository().equals(repository)) {
                throw new RepositoryException(file + " describes another point or repository; delete it by hand");
            }
            refuseOthersNames(file, entry);
            return entry;
        } catch (JsonProcessingException e) {
            throw new RepositoryException(file + " is not readable " + Json.problem(e) + "; delete it by hand", e);
        } catch (IOException e) {
            throw Problems.with("read", file, e);
        }
    }

    private static void refuseOthersNames(Path file, JournalEntry entry) {
        String random = entry.random();
        UUID domain = entry.domain().uuid();
        String onHost = Names.onHost(entry.repository(), domain, entry.point(), random);
        List<String> others = new ArrayList<>();
        if (random != null && !Names.isRandom(random)) {
            others.add(random);
        }
        String checkpoint = entry.checkpoint();
        if (checkpoint != null && !checkpoint.equals(Names.checkpoint(entry.repository(), entry.point()))) {
            others.add(checkpoint);
        }
        if (entry.socket() != null
                && !isOurs(entry.socket(), Names.socket(entry.repository(), domain, entry.point(), random))) {
            others.add(entry.socket());
        }
        for (String path : entry.scratch()) {
            if (!isOurs(path, Names.scratch(onHost, target(path, onHost, Names.scratch("", ""))))) {
                others.add(path);
            }
        }
        for (String path : entry.pushed()) {
            if (!isOurs(path, Names.pushed(onHost, target(path, onHost, Names.pushed("", ""))))) {
                others.add(path);
            }
        }
        DomainClone clone = entry.servedBy();
        if (clone != null
                && (random == null
                        || !clone.equals(DomainClone.of(entry.domain().name(), random, clone.disks()))
                        || !clone.disks().stream().allMatch(Names::isTarget))) {
            others.add("domain " + clone.name());
        }
        if (!others.isEmpty()) {
            throw new RepositoryException(file + " names " + String.join(", ", others)
                    + ", which no run gave to that point; delete it by hand");
        }
    }

    private static boolean isOurs(String path, String name) {
        return path.startsWith("/") && path.substring(path.lastIndexOf('/') + 1).equals(name);
    }

    /** The disk that a path on the host is of, or what is no target if it is of no disk. */
    private static String target(String path, String onHost, String form) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        String suffix = form.substring(1);
        int begin = onHost.length() + 1;
        int end = name.length() - suffix.length();
        String target = begin <= end && name.endsWith(suffix) ? name.substring(begin, end) : "";
        return Names.isTarget(target) ? target : "/";
    }

    /** An entry that a newer program may have written. */
    private static final class NewerEntryException extends RepositoryException {
        private static final long serialVersionUID = 1;

        NewerEntryException(String message) {
            super(message);
        }
    }
}
