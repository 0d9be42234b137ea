// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.damage;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.Finding;
import dev.virtwire.repository.LostRange;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointDamage;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.Json;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is known to be damaged in a domain, as it stands in {@code .journal/damage} at one moment. Nothing is known of
 * points that are gone.
 *
 * <p>A record that cannot be read may have said anything. Then every point counts as damaged, until a verification of
 * the whole domain has found out again what is.
 */
public final class DamageRecord {
    private static final long MAX_SIZE = 64L << 20;
    /** Others hold the lock for a moment only. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final DomainStore store;
    private final Path file;
    private final Map<String, DamageFile.PointEntry> points = new LinkedHashMap<>();
    private @Nullable Finding doubt;
    private boolean newer;

    private DamageRecord(DomainStore store) {
        this.store = store;
        this.file = store.journal().folder().resolve(Names.DAMAGE);
    }

    /**
     * Reads what is known.
     *
     * @throws RepositoryException if this program has not the right to
     */
    public static DamageRecord of(DomainStore store) {
        DamageRecord record = new DamageRecord(store);
        record.read();
        return record;
    }

    private void read() {
        byte[] bytes;
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            // Whoever can write here must not make anybody wait for a pipe, or run out of memory.
            if (!attributes.isRegularFile() || attributes.size() > MAX_SIZE) {
                doubt = Finding.of(file, attributes.isRegularFile() ? "is larger than any such file" : "is no file");
                return;
            }
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException e) {
            if (Problems.saysNothingOfTheFile(e)) {
                throw Problems.with("read", file, e);
            }
            doubt = Finding.of(file, "cannot be read: " + Problems.reason(e));
            return;
        }
        DamageFile found = Json.readSummed(bytes, DamageFile.class);
        if (found == null || !found.format().equals(DamageFile.FORMAT)) {
            doubt = new Finding(file, 0, bytes.length, "is torn or was altered");
        } else if (found.version() > DamageFile.VERSION) {
            newer = true;
            doubt = Finding.of(
                    file,
                    "has version " + found.version() + "; this program reads up to version " + DamageFile.VERSION
                            + ": use a newer one");
        } else {
            Set<String> there = Set.copyOf(store.pointIds());
            for (DamageFile.PointEntry point : found.points()) {
                if (there.contains(point.point())) {
                    points.put(point.point(), point);
                }
            }
        }
    }

    /** What is wrong with the record itself, or null. */
    public @Nullable Finding doubt() {
        return doubt;
    }

    /** Whether a newer program wrote it, which is no damage, but as little known. */
    public boolean isNewer() {
        return newer;
    }

    /** Whether it is not known of the point that all of it can be given back right. */
    public boolean isDamaged(Point point) {
        return problem(point) != null;
    }

    /** Why a point cannot be given back right, a few words, or null if nothing is known against it. */
    public @Nullable String problem(Point point) {
        if (doubt != null) {
            return unknown();
        }
        DamageFile.PointEntry entry = points.get(point.id());
        if (entry == null) {
            return null;
        }
        if (!entry.disks().isEmpty()) {
            return describe(entry.disks().get(0));
        }
        Set<String> ofDisks = diskFiles(point);
        return entry.files().stream()
                .filter(wrong -> !ofDisks.contains(wrong.file()))
                .findFirst()
                .map(wrong -> wrong.file() + " was found damaged by " + wrong.foundBy() + ", first at " + wrong.since())
                .orElse(null);
    }

    /** Why a disk of a point cannot be given back right, a few words, or null if nothing is known against it. */
    public @Nullable String problem(Point point, String target) {
        if (doubt != null) {
            return unknown();
        }
        DamageFile.PointEntry entry = points.get(point.id());
        return entry == null
                ? null
                : entry.disks().stream()
                        .filter(disk -> disk.target().equals(target))
                        .findFirst()
                        .map(DamageRecord::describe)
                        .orElse(null);
    }

    /** Whether something is known against a file of a point. */
    public boolean names(Point point, String file) {
        DamageFile.PointEntry entry = points.get(point.id());
        return doubt != null
                || (entry != null
                        && entry.files().stream().anyMatch(wrong -> wrong.file().equals(file)));
    }

    private String unknown() {
        return "the record of what is damaged, " + file + ", "
                + requireNonNull(doubt).message()
                + (newer ? "" : ": 'virtwire verify' of the whole domain makes it again");
    }

    private static String describe(DamageFile.DiskEntry disk) {
        int more = disk.ranges().size() - 1;
        return "disk " + disk.target() + " was found damaged by " + disk.foundBy() + " ("
                + disk.ranges().get(0) + (more > 0 ? " and " + more + " more ranges" : "") + "), first at "
                + disk.since();
    }

    /** Files whose damage counts only if a disk's content needs what is damaged. */
    private static Set<String> diskFiles(Point point) {
        List<String> files = new ArrayList<>();
        for (ManifestDisk disk : point.manifest().disks()) {
            if (disk.image() != null && disk.digests() != null) {
                files.add(disk.image().file());
                files.add(disk.digests().file());
            }
        }
        return Set.copyOf(files);
    }

    /** What is known of a point, or null. */
    public @Nullable PointDamage of(Point point) {
        DamageFile.PointEntry entry = points.get(point.id());
        if (entry == null) {
            return null;
        }
        List<LostRange> lost = new ArrayList<>();
        List<Finding> files = new ArrayList<>();
        Instant since = Instant.MAX;
        String foundBy = "";
        for (DamageFile.DiskEntry disk : entry.disks()) {
            disk.ranges().forEach(range -> lost.add(new LostRange(disk.target(), range.offset(), range.length())));
            foundBy = disk.since().isBefore(since) ? disk.foundBy() : foundBy;
            since = disk.since().isBefore(since) ? disk.since() : since;
        }
        for (DamageFile.FileEntry wrong : entry.files()) {
            Path path = point.folder().resolve(wrong.file());
            if (wrong.ranges().isEmpty()) {
                files.add(Finding.of(path, wrong.message()));
            }
            wrong.ranges()
                    .forEach(range -> files.add(new Finding(path, range.offset(), range.length(), wrong.message())));
            foundBy = wrong.since().isBefore(since) ? wrong.foundBy() : foundBy;
            since = wrong.since().isBefore(since) ? wrong.since() : since;
        }
        return new PointDamage(point.id(), lost, files, problem(point) == null, since, foundBy);
    }

    /**
     * Writes down what was found, and takes back what was found whole again. Others may do so at the same time. Nothing
     * is written if nothing is new.
     *
     * @param foundBy {@code verify}, {@code restore} or {@code prune}
     * @throws RepositoryException if it cannot be written, or if the record that is there cannot be read
     */
    public static void write(DomainStore store, List<Look> looks, String foundBy) {
        DamageRecord known = of(store);
        if (looks.stream()
                .noneMatch(look -> look.isDamaged()
                        || known.points.containsKey(look.point().id()))) {
            return;
        }
        change(store, record -> {
            if (record.doubt != null) {
                throw new RepositoryException("what was found is not recorded: " + record.unknown());
            }
            looks.forEach(look -> record.take(look, foundBy));
        });
    }

    /**
     * Writes a record in place of one that cannot be read: the looks have to be at all points of the domain, each as a
     * whole.
     */
    public static void writeAgain(DomainStore store, List<Look> looks, String foundBy) {
        change(store, record -> {
            if (record.newer) {
                throw new RepositoryException("what was found is not recorded: " + record.unknown());
            }
            record.points.clear();
            looks.forEach(look -> record.take(look, foundBy));
        });
    }

    private interface Change {
        void of(DamageRecord record);
    }

    private static void change(DomainStore store, Change change) {
        Path folder = store.journal().folder();
        try {
            store.files().createFolder(folder);
        } catch (IOException e) {
            throw Problems.with("create", folder, e);
        }
        DomainLock lock = DomainLock.acquire(
                folder.resolve(Names.DAMAGE_LOCK),
                "the record of damage of domain " + store.name() + " in " + store.repositoryFolder(),
                PATIENCE);
        try {
            DamageRecord record = of(store);
            Map<String, DamageFile.PointEntry> before = Map.copyOf(record.points);
            change.of(record);
            if (record.doubt != null || !record.points.equals(before)) {
                record.save();
            }
        } finally {
            lock.close();
        }
    }

    private void save() {
        Set<String> there = Set.copyOf(store.pointIds());
        List<DamageFile.PointEntry> entries = points.values().stream()
                .filter(point -> there.contains(point.point()))
                .toList();
        try {
            if (entries.isEmpty()) {
                store.files().delete(file);
            } else {
                store.files()
                        .replace(
                                file, Json.writeSummed(new DamageFile(DamageFile.FORMAT, DamageFile.VERSION, entries)));
            }
        } catch (IOException e) {
            throw Problems.with("write", file, e);
        }
    }

    private void take(Look look, String foundBy) {
        String id = look.point().id();
        DamageFile.PointEntry before = points.getOrDefault(id, new DamageFile.PointEntry(id, List.of(), List.of()));
        Instant now = store.now();
        Map<String, DamageFile.DiskEntry> disks = before.disks().stream()
                .collect(Collectors.toMap(DamageFile.DiskEntry::target, disk -> disk, (a, b) -> a, LinkedHashMap::new));
        look.disks().forEach((target, disk) -> {
            DamageFile.DiskEntry old = disks.remove(target);
            List<ByteRange> ranges =
                    old == null || disk.whole() ? disk.lost() : ByteRange.union(old.ranges(), disk.lost());
            if (!ranges.isEmpty()) {
                disks.put(
                        target,
                        new DamageFile.DiskEntry(
                                target,
                                ranges,
                                old == null ? now : old.since(),
                                old == null ? foundBy : old.foundBy()));
            }
        });
        Map<String, DamageFile.FileEntry> files = before.files().stream()
                .collect(Collectors.toMap(DamageFile.FileEntry::file, file -> file, (a, b) -> a, LinkedHashMap::new));
        look.files().forEach((name, wrong) -> {
            DamageFile.FileEntry old = files.get(name);
            if (!wrong.message().isEmpty()) {
                List<ByteRange> ranges =
                        old == null || wrong.whole() ? wrong.ranges() : ByteRange.union(old.ranges(), wrong.ranges());
                files.put(
                        name,
                        new DamageFile.FileEntry(
                                name,
                                ranges,
                                wrong.message(),
                                old == null ? now : old.since(),
                                old == null ? foundBy : old.foundBy()));
            } else if (wrong.whole()) {
                files.remove(name);
            }
        });
        if (disks.isEmpty() && files.isEmpty()) {
            points.remove(id);
        } else {
            points.put(id, new DamageFile.PointEntry(id, List.copyOf(disks.values()), List.copyOf(files.values())));
        }
    }
}
