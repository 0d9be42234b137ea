// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import dev.virtwire.image.internal.Entries;
import dev.virtwire.image.internal.Qcow2Header;
import dev.virtwire.image.internal.Ranges;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Makes a qcow2 image, version 3, for who can only append: its bytes come in their order, but for the front, which
 * {@link #finish()} returns and which is written last. Until then the image has no header.
 *
 * <p>Data is given from the disk's beginning to its end. What is not given is not allocated and reads as zeros. Every
 * cluster of the file is used once. In memory are one second-level table, and 8 bytes for each other one.
 *
 * <p>Not safe for several threads.
 *
 * @since 0.1
 */
public final class Qcow2Stream {
    /**
     * Where bytes are appended.
     *
     * @since 0.1
     */
    @FunctionalInterface
    public interface Sink {
        /** Appends all remaining bytes. */
        void append(ByteBuffer bytes) throws IOException;
    }

    private static final int CLUSTER = Qcow2Options.DEFAULT_CLUSTER_SIZE;

    /** Reference counts have 16 bits. */
    private static final int REFCOUNT_ORDER = 4;

    private static final int PER_BLOCK = CLUSTER / Short.BYTES;
    private static final int PER_TABLE = CLUSTER / Long.BYTES;

    private final long virtualSize;
    private final Sink sink;
    private final int refcountClusters;
    private final long[] l1;
    private final long front;
    private final ByteBuffer l2 = ByteBuffer.allocate(CLUSTER);

    /** The second-level table that is filled, or -1. */
    private int table = -1;

    private long position;
    private long guest;

    /**
     * An image of a disk.
     *
     * @param virtualSize in bytes, as {@link Qcow2Options} allows it for clusters of the default size
     * @param sink where the bytes behind the front go
     */
    public Qcow2Stream(long virtualSize, Sink sink) {
        this.virtualSize = Qcow2Options.ofSize(virtualSize).virtualSize();
        this.sink = sink;
        this.l1 = new long[(int) Entries.l1Entries(virtualSize, CLUSTER)];
        long l1Clusters = Entries.ceilDiv((long) l1.length * Long.BYTES, CLUSTER);
        // Twice the room that refcount blocks can need: they and this table are counted too.
        long blocks =
                2 * Entries.ceilDiv(Entries.ceilDiv(virtualSize, CLUSTER) + l1.length + l1Clusters, PER_BLOCK) + 1;
        this.refcountClusters = (int) Entries.ceilDiv(blocks, PER_TABLE);
        this.front = (1 + refcountClusters + l1Clusters) * CLUSTER;
        this.position = front;
    }

    /** How many bytes the front has: the first byte that is appended lies behind them. */
    public long front() {
        return front;
    }

    /** The unit in bytes at which data begins and ends. */
    public int clusterSize() {
        return CLUSTER;
    }

    /**
     * Appends data of the disk.
     *
     * @param guestOffset where it begins on the disk: a multiple of {@link #clusterSize()}, behind all that was given
     * @param data its remaining bytes are taken: a multiple of the cluster size, or up to the end of the disk
     * @throws IOException what the sink throws
     * @throws IllegalArgumentException if the range is not aligned, leaves the disk or is not behind all others
     */
    public void write(long guestOffset, ByteBuffer data) throws IOException {
        int length = data.remaining();
        Ranges.checkData(guestOffset, length, virtualSize, CLUSTER);
        if (guestOffset < guest) {
            throw new IllegalArgumentException(
                    "data at %d of a disk that was written up to %d".formatted(guestOffset, guest));
        }
        long end = Entries.ceilDiv(guestOffset + length, CLUSTER);
        guest = end * CLUSTER;
        int last = data.limit();
        for (long cluster = guestOffset / CLUSTER; cluster < end; ) {
            begin((int) (cluster / PER_TABLE));
            long run = Math.min(end, (long) (table + 1) * PER_TABLE) - cluster;
            for (long i = 0; i < run; i++) {
                l2.putLong((int) ((cluster + i) % PER_TABLE) * Long.BYTES, (position + i * CLUSTER) | Entries.COPIED);
            }
            data.limit((int) Math.min(last, data.position() + run * CLUSTER));
            append(data);
            data.limit(last);
            cluster += run;
        }
    }

    /** Clusters; what is missing of the last one is zeros. */
    private void append(ByteBuffer data) throws IOException {
        int length = data.remaining();
        long whole = Entries.alignUp(length, CLUSTER);
        sink.append(data);
        if (whole > length) {
            sink.append(ByteBuffer.allocate((int) whole - length));
        }
        position += whole;
    }

    private void begin(int next) throws IOException {
        if (next == table) {
            return;
        }
        if (table >= 0) {
            l1[table] = position | Entries.COPIED;
            append(l2.clear());
        }
        table = next;
        l2.clear().put(new byte[CLUSTER]);
    }

    /**
     * Appends the last tables.
     *
     * @return the front: {@link #front()} bytes, for the beginning of the file. They make the image valid, and so are
     *     written when all else is there
     * @throws IOException what the sink throws
     */
    public ByteBuffer finish() throws IOException {
        begin(-1);
        long used = position / CLUSTER;
        long blocks = Entries.ceilDiv(used, PER_BLOCK);
        while (blocks * PER_BLOCK < used + blocks) {
            blocks++;
        }
        ByteBuffer head = ByteBuffer.allocate((int) front);
        int at = CLUSTER;
        long end = used + blocks;
        for (long block = 0; block < blocks; block++) {
            head.putLong(at + (int) block * Long.BYTES, position);
            ByteBuffer counts = ByteBuffer.allocate(CLUSTER);
            for (long cluster = block * PER_BLOCK; cluster < Math.min(end, (block + 1) * PER_BLOCK); cluster++) {
                counts.putShort((short) 1);
            }
            append(counts.clear());
        }
        at += refcountClusters * CLUSTER;
        long l1Offset = l1.length == 0 ? 0 : at;
        for (int i = 0; i < l1.length; i++) {
            head.putLong(at + i * Long.BYTES, l1[i]);
        }
        Qcow2Header header = new Qcow2Header(
                3,
                null,
                Integer.numberOfTrailingZeros(CLUSTER),
                virtualSize,
                l1.length,
                l1Offset,
                CLUSTER,
                refcountClusters,
                REFCOUNT_ORDER,
                0,
                0,
                false);
        head.put(header.encode());
        return head.clear();
    }
}
