// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import dev.virtwire.image.ImageException;
import dev.virtwire.image.Qcow2Options;
import java.nio.ByteBuffer;
import java.util.stream.IntStream;

/**
 * The metadata of a qcow2 image that is being written: which guest cluster lies where, and how often each host cluster
 * is used. Holds a bounded part of it in memory. Tables go after the data; only those that memory has no room for go
 * between.
 *
 * <p>Not safe for several threads.
 */
public final class MetadataWriter {
    /** What all second-level tables in memory may take, in bytes. */
    private static final int L2_MEMORY = 8 << 20;
    /** What all refcount blocks in memory may take, in bytes. */
    private static final int REFCOUNT_MEMORY = 4 << 20;
    /** Even the largest clusters get that many, so that work between two tables does not thrash. */
    private static final int MIN_IN_MEMORY = 2;

    private final ImageFile file;
    private final Qcow2Options options;
    private final int clusterSize;
    private final int perTable;
    private final HostSpace space;
    private final TableStore l2;
    private final Refcounts refcounts;

    /** Metadata of an image without content, in 12 MiB of memory. */
    public MetadataWriter(ImageFile file, Qcow2Options options) {
        this(file, options, L2_MEMORY, REFCOUNT_MEMORY);
    }

    /** The same where the file's first {@code taken} bytes hold what only {@link #mapWritten} maps. */
    public MetadataWriter(ImageFile file, Qcow2Options options, long taken) {
        this(file, options, L2_MEMORY, REFCOUNT_MEMORY, new HostSpace(options.clusterSize(), taken));
    }

    /**
     * The same with another limit.
     *
     * @param l2Memory what all second-level tables in memory may take, in bytes; two are allowed in any case
     * @param refcountMemory the same for refcount blocks
     */
    public MetadataWriter(ImageFile file, Qcow2Options options, int l2Memory, int refcountMemory) {
        this(file, options, l2Memory, refcountMemory, new HostSpace(options.clusterSize()));
    }

    private MetadataWriter(ImageFile file, Qcow2Options options, int l2Memory, int refcountMemory, HostSpace space) {
        this.file = file;
        this.options = options;
        this.clusterSize = options.clusterSize();
        this.perTable = Entries.perTable(clusterSize);
        this.space = space;
        // A table that leaves memory early is counted at the end, with all others: counting it now could push out
        // the next one.
        TableStore.Room room = () -> space.allocatePiece(clusterSize);
        this.l2 = new TableStore(file, "L2 table", clusterSize, inMemory(l2Memory), room);
        this.refcounts = new Refcounts(file, clusterSize, inMemory(refcountMemory), room);
    }

    /**
     * Finds room for data, in one piece, and maps it.
     *
     * @param guestOffset a multiple of the cluster size
     * @param length in bytes; a last cluster that is not whole counts as whole
     * @return the file offset
     * @throws IllegalStateException if one of these clusters has data already
     */
    public long mapData(long guestOffset, long length) throws ImageException {
        long first = guestOffset / clusterSize;
        long end = Entries.ceilDiv(guestOffset + length, clusterSize);
        refuseMapped(first, end);
        long hostOffset = space.allocate(guestOffset, length);
        map(first, end, hostOffset, length);
        return hostOffset;
    }

    /**
     * Maps data that lies in the file already.
     *
     * @param guestOffset a multiple of the cluster size
     * @param length in bytes; a last cluster that is not whole counts as whole
     * @param hostOffset where it lies: a multiple of the cluster size
     * @return false if other data was mapped to that place
     * @throws IllegalStateException if one of these clusters has data already
     */
    public boolean mapWritten(long guestOffset, long length, long hostOffset) throws ImageException {
        long first = guestOffset / clusterSize;
        long end = Entries.ceilDiv(guestOffset + length, clusterSize);
        refuseMapped(first, end);
        if (!refcounts.isFree(hostOffset, length)) {
            return false;
        }
        map(first, end, hostOffset, length);
        return true;
    }

    private void map(long first, long end, long hostOffset, long length) throws ImageException {
        refcounts.add(hostOffset, length);
        long host = hostOffset;
        for (long cluster = first; cluster < end; ) {
            ByteBuffer table = l2.forUpdate((int) (cluster / perTable));
            long tableEnd = Math.min(end, (cluster / perTable + 1) * perTable);
            for (; cluster < tableEnd; cluster++, host += clusterSize) {
                table.putLong((int) (cluster % perTable) * Long.BYTES, host | Entries.COPIED);
            }
        }
    }

    /**
     * Finds room for compressed data, in one piece, and maps it.
     *
     * @param guestOffset of the first cluster
     * @param lengths the compressed length of each cluster in bytes, 0 if it is not compressed
     * @return the file offset of all its compressed bytes
     * @throws IllegalStateException if one of the clusters has data already
     */
    public long mapCompressed(long guestOffset, int[] lengths) throws ImageException {
        long cluster = guestOffset / clusterSize;
        long hostOffset = space.allocateBytes(IntStream.of(lengths).sum());
        long host = hostOffset;
        for (int length : lengths) {
            if (length > 0) {
                refuseMapped(cluster, cluster + 1);
                refcounts.add(host, length);
                l2.forUpdate((int) (cluster / perTable))
                        .putLong(
                                (int) (cluster % perTable) * Long.BYTES,
                                Entries.compressedEntry(host, length, Integer.numberOfTrailingZeros(clusterSize)));
                host += length;
            }
            cluster++;
        }
        return hostOffset;
    }

    /**
     * Makes clusters read as zeros: explicitly if there is a backing file to shine through, else by leaving them
     * unallocated.
     *
     * @throws IllegalStateException if one of these clusters has data already
     */
    public void mapZeroes(long guestOffset, long length) throws ImageException {
        long first = guestOffset / clusterSize;
        long end = Entries.ceilDiv(guestOffset + length, clusterSize);
        refuseMapped(first, end);
        if (options.backing() == null) {
            return;
        }
        for (long cluster = first; cluster < end; ) {
            ByteBuffer table = l2.forUpdate((int) (cluster / perTable));
            long tableEnd = Math.min(end, (cluster / perTable + 1) * perTable);
            for (; cluster < tableEnd; cluster++) {
                table.putLong((int) (cluster % perTable) * Long.BYTES, Entries.ZERO);
            }
        }
    }

    /**
     * Writes all tables behind the data. Neither synced nor valid yet: that is the caller's, with the header.
     *
     * @return the header to write when the tables are durable
     */
    public Qcow2Header finish() throws ImageException {
        for (int i = 0; i < l2.count(); i++) {
            if (l2.exists(i) && l2.offset(i) == 0) {
                l2.place(i, space.allocateAtEnd(clusterSize));
            }
        }
        l2.flush();
        int l1Entries = (int) Entries.l1Entries(options.virtualSize(), clusterSize);
        long l1Length = (long) l1Entries * Long.BYTES;
        long l1Offset = l1Entries == 0 ? 0 : space.allocateAtEnd(l1Length);
        if (l1Entries > 0) {
            TableWriter l1 = new TableWriter(file, l1Offset, Entries.alignUp(l1Length, clusterSize));
            for (int i = 0; i < l2.count(); i++) {
                l1.put(l2.offset(i) == 0 ? 0 : l2.offset(i) | Entries.COPIED);
            }
            l1.finish();
        }
        refcounts.add(0, clusterSize);
        refcounts.add(l1Offset, l1Length);
        for (int i = 0; i < l2.count(); i++) {
            if (l2.offset(i) != 0) {
                refcounts.add(l2.offset(i), clusterSize);
            }
        }
        Refcounts.Table table = refcounts.finish(space);
        return Qcow2Header.forNewImage(options, l1Entries, l1Offset, table.offset(), table.clusters());
    }

    private void refuseMapped(long first, long end) throws ImageException {
        for (long cluster = first; cluster < end; ) {
            ByteBuffer table = l2.find((int) (cluster / perTable));
            long tableEnd = Math.min(end, (cluster / perTable + 1) * perTable);
            for (; table != null && cluster < tableEnd; cluster++) {
                if ((table.getLong((int) (cluster % perTable) * Long.BYTES) & ~Entries.ZERO) != 0) {
                    throw new IllegalStateException(file.path() + ": the cluster at guest offset "
                            + cluster * clusterSize + " is written a second time");
                }
            }
            cluster = tableEnd;
        }
    }

    private int inMemory(int bytes) {
        return Math.max(MIN_IN_MEMORY, bytes / clusterSize);
    }
}
