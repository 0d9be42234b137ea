// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.SummedFile;
import dev.virtwire.repository.internal.journal.MergeRecord;
import dev.virtwire.repository.internal.journal.Merges;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a point's files lie. In its folder; but while what earlier points were merged into takes the place of its own,
 * some still lie where they were made. Then the first of these places
 * that has a file is where it lies:
 *
 * <ol>
 *   <li>an image that was made of an earlier point's: in that point's folder,
 *   <li>{@code .merged} in the point's folder,
 *   <li>the point's folder.
 * </ol>
 */
public final class PointPaths {
    private PointPaths() {}

    /** The image of a disk of a point that was pulled. */
    public static Path image(Point point, ManifestDisk disk) {
        String name = requireNonNull(disk.image(), "image").file();
        Path merged = point.folder().resolve(Names.MERGED);
        if (Files.isDirectory(merged, LinkOption.NOFOLLOW_LINKS)) {
            Path elsewhere = madeOf(point, disk.target(), name);
            if (elsewhere != null) {
                return elsewhere;
            }
        }
        return in(point.folder(), name);
    }

    /** The digest file of a disk of a point that was pulled. */
    public static Path digests(Point point, ManifestDisk disk) {
        return in(point.folder(), requireNonNull(disk.digests(), "digests").file());
    }

    /** A file of a point in {@code folder} that no other point's can become. */
    static Path in(Path folder, String name) {
        Path merged = folder.resolve(Names.MERGED).resolve(name);
        return Files.exists(merged, LinkOption.NOFOLLOW_LINKS) ? merged : folder.resolve(name);
    }

    /**
     * Reads a manifest, although another one takes its place meanwhile.
     *
     * @throws DamagedException if it is damaged
     */
    static SummedFile<Manifest> readManifest(Path folder) {
        while (true) {
            Path file = in(folder, Names.MANIFEST);
            Path sum = in(folder, Names.MANIFEST_SUM);
            try {
                return SummedFile.read(file, sum, Manifest.class);
            } catch (DamagedException e) {
                if (file.equals(in(folder, Names.MANIFEST)) && sum.equals(in(folder, Names.MANIFEST_SUM))) {
                    throw e;
                }
            }
        }
    }

    private static @Nullable Path madeOf(Point point, String target, String name) {
        Path domain = requireNonNull(point.folder().getParent());
        MergeRecord merge;
        try {
            // Whether the record belongs here is asked where points are listed.
            merge = new Merges(domain.resolve(Names.JOURNAL), anyRepository -> true, DurableFiles.PLAIN).of(point.id());
        } catch (DamagedException e) {
            // It is reported by whoever lists the points.
            return null;
        }
        MergeRecord.Disk disk = merge == null ? null : merge.disk(target);
        if (disk == null || disk.into() == null || !disk.image().equals(name)) {
            return null;
        }
        Path image = domain.resolve(disk.into()).resolve(name);
        return Files.exists(image, LinkOption.NOFOLLOW_LINKS) ? image : null;
    }
}
