// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.edit;

import dev.virtwire.image.internal.Entries;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds room in an image file that is being edited: what nothing uses comes first, then what is behind the end.
 * Compressed data is packed into clusters that nothing used before; it never joins what was there.
 *
 * <p>Not safe for several threads.
 */
final class FileRoom {
    /** A whole MiB lies on a MiB of the file as long as that leaves less than a part of that many of it unused. */
    private static final int GAP_SHARE = 100;

    private static final int MAX_REFCOUNT = 0xffff;

    private final ClusterUses uses;
    private final int clusterSize;
    private final long area;
    private long end;
    private long cursor;
    /** So many free clusters in a row were looked for in vain. */
    private long noRunOf = Long.MAX_VALUE;

    private long packed;
    private long packedEnd;
    private long usedBytes;

    /**
     * Room in a file.
     *
     * @param usedBytes how many bytes of it are used
     */
    FileRoom(ClusterUses uses, int clusterSize, long fileSize, long usedBytes) {
        this.uses = uses;
        this.clusterSize = clusterSize;
        this.area = Math.max(1, ChangedBlocks.BLOCK / clusterSize);
        this.end = Entries.ceilDiv(fileSize, clusterSize);
        this.usedBytes = usedBytes;
    }

    /** Clusters in a row. */
    record Run(long first, long count) {}

    /** How many bytes of the file nothing uses. */
    long unusedBytes() {
        return Math.max(0, end * clusterSize - usedBytes);
    }

    /** Room for data, in pieces. */
    List<Run> forData(long guestCluster, long count) {
        if (Entries.alignUp(guestCluster, area) + area <= guestCluster + count) {
            long gap = Math.floorMod(guestCluster - end, area);
            if ((end - uses.used() + gap) * GAP_SHARE <= end) {
                noRunOf = gap > 0 ? Long.MAX_VALUE : noRunOf;
                end += gap;
                return List.of(alone(append(count)));
            }
        }
        List<Run> runs = new ArrayList<>();
        for (long left = count; left > 0; ) {
            Run run = alone(find(1, left));
            runs.add(run);
            left -= run.count;
        }
        return runs;
    }

    /** Room in one piece for what is used alone. Returns its first cluster. */
    long forTable(long clusters) {
        return alone(find(clusters, clusters)).first;
    }

    /** Room for the compressed data of one guest cluster. Returns a file offset. */
    long forCompressed(int bytes) {
        if (packed % clusterSize != 0 && uses.get(packed / clusterSize) >= MAX_REFCOUNT) {
            packed = Entries.alignUp(packed, clusterSize);
        }
        if (packedEnd - packed < bytes) {
            makeRoomForCompressed(bytes);
        }
        long offset = packed;
        packed += bytes;
        usedBytes += bytes;
        long last = (packed - 1) / clusterSize;
        for (long cluster = offset / clusterSize; cluster <= last; cluster++) {
            uses.put(cluster, Math.max(0, uses.get(cluster)) + 1);
        }
        return offset;
    }

    /** What an entry of a second-level table referred to is free from now on. */
    void drop(long entry, int clusterBits) {
        noRunOf = Long.MAX_VALUE;
        usedBytes -= Entries.storedLength(entry, clusterBits);
        if ((entry & Entries.COMPRESSED) == 0) {
            uses.put((entry & Entries.OFFSET_MASK) >>> clusterBits, ClusterUses.NOTHING);
            return;
        }
        long offset = Entries.compressedOffset(entry, clusterBits);
        long last = (offset + Entries.compressedLength(entry, clusterBits) - 1) >>> clusterBits;
        for (long cluster = offset >>> clusterBits; cluster <= last; cluster++) {
            uses.put(cluster, uses.get(cluster) - 1);
        }
    }

    /** A table that nothing uses any more. */
    void dropTable(long first, long clusters) {
        uses.put(first, clusters, ClusterUses.NOTHING);
        usedBytes -= clusters * clusterSize;
        noRunOf = Long.MAX_VALUE;
    }

    /** Nothing more comes that is compressed. */
    void releaseReserved() {
        long first = Entries.ceilDiv(packed, clusterSize);
        uses.put(first, packedEnd / clusterSize - first, ClusterUses.NOTHING);
        packed = 0;
        packedEnd = 0;
        noRunOf = Long.MAX_VALUE;
    }

    /** What is behind the last used cluster is no longer part of the file. Returns the end in bytes. */
    long cut() {
        end = uses.end();
        cursor = 0;
        return end * clusterSize;
    }

    private void makeRoomForCompressed(int bytes) {
        long next = packedEnd / clusterSize;
        long missing = Entries.ceilDiv(bytes - (packedEnd - packed), clusterSize);
        if (packedEnd > 0 && (next == end || freeFrom(next, missing) >= missing)) {
            long count = next == end ? Math.max(missing, area) : missing;
            end = Math.max(end, next + count);
            uses.put(next, count, ClusterUses.RESERVED);
            packedEnd += count * clusterSize;
            return;
        }
        releaseReserved();
        long least = Entries.ceilDiv(bytes, clusterSize);
        Run run = find(least, Math.max(least, area));
        uses.put(run.first, run.count, ClusterUses.RESERVED);
        packed = run.first * clusterSize;
        packedEnd = packed + run.count * clusterSize;
    }

    private Run alone(Run run) {
        uses.put(run.first, run.count, ClusterUses.ALONE);
        usedBytes += run.count * clusterSize;
        return run;
    }

    private Run find(long least, long most) {
        if (least < noRunOf && uses.used() < end) {
            Run run = search(cursor, end, least, most);
            if (run == null) {
                run = search(0, Math.min(cursor, end), least, most);
            }
            if (run != null) {
                cursor = run.first + run.count;
                return run;
            }
            noRunOf = least;
        }
        return append(most);
    }

    private @Nullable Run search(long from, long to, long least, long most) {
        long at = uses.nextFree(from, to);
        while (at < to) {
            long free = freeFrom(at, most);
            if (free >= least) {
                return new Run(at, free);
            }
            if (at + free == end) {
                end = at + least;
                return new Run(at, least);
            }
            at = uses.nextFree(at + free, to);
        }
        return null;
    }

    private Run append(long count) {
        Run run = new Run(end, count);
        end += count;
        return run;
    }

    /** How many clusters in a row are free, up to {@code most} and to the end of the file. */
    private long freeFrom(long cluster, long most) {
        long to = Math.min(end, cluster + most);
        return Math.max(0, uses.nextUsed(cluster, to) - cluster);
    }
}
