// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.SmallFiles;
import dev.virtwire.repository.manifest.StoredFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What one run has read of a domain's small files, so that it reads each once, however many points build on it. A file
 * is read again if another one is in its place. For several threads.
 *
 * @param points by their folders
 * @param right small files that have the bytes which a manifest names
 */
record KnownFiles(Map<Path, KnownPoint> points, Map<Path, KnownBytes> right) {
    record Stamps(FileStamp manifest, FileStamp sum) {}

    record KnownPoint(Point point, Stamps stamps) {}

    record KnownBytes(StoredFile stored, FileStamp stamp) {}

    /** Nothing yet. */
    KnownFiles() {
        this(new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
    }

    /** The point in {@code folder}, as {@link PointReader#read}. */
    Point point(Path folder, String domain, Predicate<String> repository) {
        Stamps now = stamps(folder);
        KnownPoint known = points.get(folder);
        if (known != null && known.stamps().equals(now)) {
            return known.point();
        }
        Point point = PointReader.read(folder, domain, repository);
        if (now != null && now.equals(stamps(folder))) {
            points.put(folder, new KnownPoint(point, now));
        }
        return point;
    }

    /** The point in {@code folder} is not what it was. */
    void forget(Path folder) {
        points.remove(folder);
    }

    /** Null if a manifest is on its way to take the place of the one that is there, or nobody can tell. */
    private static @Nullable Stamps stamps(Path folder) {
        if (Files.exists(folder.resolve(Names.MERGED), LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        FileStamp manifest = FileStamp.of(folder.resolve(Names.MANIFEST));
        FileStamp sum = FileStamp.of(folder.resolve(Names.MANIFEST_SUM));
        return manifest == null || sum == null ? null : new Stamps(manifest, sum);
    }

    /**
     * Requires that a file has the bytes that a manifest names; they are read once.
     *
     * @throws DamagedException if it is missing or differs
     */
    void require(Path file, StoredFile stored) {
        FileStamp now = FileStamp.of(file);
        KnownBytes known = right.get(file);
        if (known != null && known.stored().equals(stored) && known.stamp().equals(now)) {
            return;
        }
        SmallFiles.requireBytes(file, stored);
        if (now != null && now.equals(FileStamp.of(file))) {
            right.put(file, new KnownBytes(stored, now));
        }
    }
}
