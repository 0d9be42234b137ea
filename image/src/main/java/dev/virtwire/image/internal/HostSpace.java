// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import java.util.ArrayList;
import java.util.List;

/**
 * Decides where in the file a piece of the disk goes.
 *
 * <p>The file is handed out in areas of 1 MiB (or of one cluster, if that is larger). A piece that covers a whole
 * aligned area of the disk lies at the same distance from an area boundary in the file as on the disk, so that whole
 * areas of both coincide and need only one digest. Smaller pieces share mixed areas. What is left over between them
 * serves later small pieces or stays unused: a hole without a refcount.
 *
 * <p>Not safe for several threads.
 */
final class HostSpace {
    /** In bytes; what the digests of a backup are taken over. */
    static final int AREA = 1 << 20;

    /** More than this are not worth searching; the smallest is forgotten. */
    private static final int MAX_GAPS = 64;

    private final int clusterSize;
    private final long area;
    private final List<Gap> gaps = new ArrayList<>();
    private long nextArea;
    private long used;
    private long packed;
    private long packedEnd;
    private boolean atEnd;

    /** A file whose first cluster is taken by the header. */
    HostSpace(int clusterSize) {
        this.clusterSize = clusterSize;
        this.area = Math.max(AREA, clusterSize);
        this.used = clusterSize;
        this.nextArea = area;
        addGap(clusterSize, area);
    }

    /** A file whose first {@code taken} bytes are taken. */
    HostSpace(int clusterSize, long taken) {
        this.clusterSize = clusterSize;
        this.area = Math.max(AREA, clusterSize);
        this.used = Entries.alignUp(taken, clusterSize);
        this.nextArea = Entries.alignUp(taken, area);
    }

    /**
     * Room in one piece.
     *
     * @param guestOffset where on the disk the data begins; a multiple of the cluster size
     * @param length in bytes; rounded up to whole clusters
     * @return the file offset
     */
    long allocate(long guestOffset, long length) {
        long bytes = Entries.alignUp(length, clusterSize);
        boolean coversAnArea = Entries.alignUp(guestOffset, area) + area <= guestOffset + bytes;
        if (!coversAnArea && bytes <= area) {
            return allocatePiece(bytes);
        }
        long begin = nextArea;
        long offset = begin + guestOffset % area;
        nextArea = Entries.alignUp(offset + bytes, area);
        addGap(begin, offset);
        addGap(offset + bytes, nextArea);
        used = offset + bytes;
        return offset;
    }

    /** Room for at most an area, in whole clusters, wherever it fits best. */
    long allocatePiece(long bytes) {
        if (atEnd) {
            return allocateAtEnd(bytes);
        }
        int best = -1;
        for (int i = 0; i < gaps.size(); i++) {
            long size = gaps.get(i).size();
            if (size >= bytes && (best < 0 || size < gaps.get(best).size())) {
                best = i;
            }
        }
        Gap gap;
        if (best >= 0) {
            gap = gaps.remove(best);
        } else {
            gap = new Gap(nextArea, nextArea + area);
            nextArea += area;
        }
        addGap(gap.begin + bytes, gap.end);
        used = Math.max(used, gap.begin + bytes);
        return gap.begin;
    }

    /**
     * Room for compressed data in one piece, at any byte, behind other compressed data where possible.
     *
     * @param bytes at most an area
     */
    long allocateBytes(int bytes) {
        if (packedEnd - packed < bytes) {
            if (packedEnd != nextArea) {
                packed = nextArea;
            }
            nextArea += area;
            packedEnd = nextArea;
        }
        long offset = packed;
        packed += bytes;
        used = Math.max(used, Entries.alignUp(packed, clusterSize));
        return offset;
    }

    /** Room after everything else. From the first such call on no data may follow, and pieces go to the end too. */
    long allocateAtEnd(long bytes) {
        atEnd = true;
        long offset = used;
        used += Entries.alignUp(bytes, clusterSize);
        return offset;
    }

    /** The end of what was handed out, a file offset. */
    long end() {
        return used;
    }

    private void addGap(long begin, long end) {
        if (begin == end) {
            return;
        }
        gaps.add(new Gap(begin, end));
        if (gaps.size() > MAX_GAPS) {
            int smallest = 0;
            for (int i = 1; i < gaps.size(); i++) {
                if (gaps.get(i).size() < gaps.get(smallest).size()) {
                    smallest = i;
                }
            }
            gaps.remove(smallest);
        }
    }

    private record Gap(long begin, long end) {
        long size() {
            return end - begin;
        }
    }
}
