// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.journal;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Json;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The merges of a domain's points that are under way, or whose run died. */
public final class Merges {
    private final Path folder;
    private final Predicate<String> repository;
    private final DurableFiles files;

    /**
     * In the journal's {@code folder}.
     *
     * @param repository whether a repository's id is one that the domain's repository has or had
     */
    public Merges(Path folder, Predicate<String> repository, DurableFiles files) {
        this.folder = folder;
        this.repository = repository;
        this.files = files;
    }

    /** The file of the merge into a point. */
    public Path file(String point) {
        return folder.resolve(Names.merge(point));
    }

    /** Says that the points of {@code merge} are gone; so it is when this returns. */
    public void write(MergeRecord merge) throws IOException {
        files.replace(file(merge.point()), Json.writeSummed(merge));
    }

    /** The merge into a point is over. */
    public void remove(String point) throws IOException {
        files.delete(file(point));
    }

    /**
     * All merges.
     *
     * @throws DamagedException if a record of one is damaged
     */
    public List<MergeRecord> all() {
        List<Finding> damage = new ArrayList<>();
        List<MergeRecord> merges = readable(damage);
        if (!damage.isEmpty()) {
            throw new DamagedException(damage);
        }
        return merges;
    }

    /** The merges whose record can be read; of each other one {@code damage} gets a finding. */
    public List<MergeRecord> readable(List<Finding> damage) {
        List<MergeRecord> merges = new ArrayList<>();
        for (Path path : paths()) {
            try {
                MergeRecord merge = read(path);
                if (merge != null) {
                    merges.add(merge);
                }
            } catch (DamagedException e) {
                damage.addAll(e.findings());
            }
        }
        return merges;
    }

    /**
     * The merge into a point, or null.
     *
     * @throws DamagedException if its record is damaged
     */
    public @Nullable MergeRecord of(String point) {
        return Files.exists(file(point), LinkOption.NOFOLLOW_LINKS) ? read(file(point)) : null;
    }

    /** The points that are gone, as far as the records can be read. */
    public Set<String> gone() {
        Set<String> gone = new HashSet<>();
        readable(new ArrayList<>()).forEach(merge -> gone.addAll(merge.gone()));
        return gone;
    }

    private List<Path> paths() {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (Stream<Path> list = Files.list(folder)) {
            return list.filter(path -> Names.mergedPoint(String.valueOf(path.getFileName())) != null)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw Problems.with("read", folder, e);
        }
    }

    /** Null if it has ended by now. */
    private @Nullable MergeRecord read(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw Problems.with("read", file, e);
        }
        MergeRecord merge = Json.readSummed(bytes, MergeRecord.class);
        if (merge == null) {
            throw new DamagedException(Finding.of(
                    file,
                    "is not what was written: its first line is not the SHA-256 of"
                            + " the rest, or that is no record of a merge"));
        }
        require(file, merge.format().equals(MergeRecord.FORMAT), "format is not " + MergeRecord.FORMAT);
        require(file, merge.version() == MergeRecord.VERSION, "version is " + merge.version());
        require(file, repository.test(merge.repository()), "it belongs to repository " + merge.repository());
        require(
                file,
                merge.point().equals(Names.mergedPoint(String.valueOf(file.getFileName()))),
                "it describes point " + merge.point());
        for (String gone : merge.gone()) {
            require(file, Names.isPoint(gone) && !gone.equals(merge.point()), "'" + gone + "' is not another point");
        }
        String base = merge.base();
        require(file, base == null || Names.isPoint(base), "'" + base + "' is not a point");
        for (MergeRecord.Disk disk : merge.disks()) {
            require(file, Names.isPlainFile(disk.image()), "the file name '" + disk.image() + "' is not allowed");
            require(
                    file,
                    disk.into() == null || merge.gone().contains(disk.into()),
                    "'" + disk.into() + "' is not one of the points that are gone");
        }
        return merge;
    }

    private static void require(Path file, boolean condition, String message) {
        if (!condition) {
            throw new DamagedException(Finding.of(file, message));
        }
    }
}
