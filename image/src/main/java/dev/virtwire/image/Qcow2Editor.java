// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import dev.virtwire.image.internal.Entries;
import dev.virtwire.image.internal.ImageFile;
import dev.virtwire.image.internal.Ranges;
import dev.virtwire.image.internal.WriterState;
import dev.virtwire.image.internal.codec.CompressedBatch;
import dev.virtwire.image.internal.codec.Compressor;
import dev.virtwire.image.internal.edit.ImageEdit;
import dev.virtwire.image.internal.edit.ImageEdit.Piece;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Changes whole clusters of an existing qcow2 image, in the file itself.
 *
 * <p>It is made for an image that lies beneath others which have every cluster that is written. Such an image may be
 * read through them all the while, by this module and by QEMU.
 *
 * <p><b>Safety.</b> At every moment, after the death of the program, and after a power cut that loses or reorders any
 * write that was not synced, every cluster that is not written reads exactly as before. A cluster that is written may
 * read as old, as new, or as garbage until {@link #finish} has returned. It is assumed that a device writes 512 bytes
 * as a whole or not at all, and that a file system gives 8 aligned bytes to a reader as a whole. Hence:
 *
 * <ul>
 *   <li>Existing tables never move, and nothing else is ever written there. Of a second-level table only the entries
 *       of written clusters change. What they refer to is durable before.
 *   <li>A new second-level table is durable before the first-level table refers to it.
 *   <li>Data goes in place if the cluster is not compressed and has a place, and otherwise to room that nothing used.
 *       What an entry no longer refers to is used again only when that is durable. So no two entries ever refer to one
 *       cluster, and compressed data that shares a cluster with other data is never touched.
 *   <li>The header changes only if the refcount table has to move: by one write of 12 bytes, when the new table is
 *       durable.
 *   <li>Reference counts change at the end. Until then they may be too low or too high: readers do not look at them.
 * </ul>
 *
 * <p>If an edit dies, another may begin again in the same file and write the same clusters, or more. References are
 * counted afresh when a file is opened, whatever the reference counts say, so that what the dead one left is used.
 *
 * <p>Several threads may write at once, as long as no two of them write the same cluster. Memory: half a byte for each
 * cluster of the file, or 128 MiB for 16 TiB with clusters of 64 KiB (eight times that only where more than 13
 * compressed clusters share one); 8 MiB for tables, 4 MiB for what is to be freed, and 1.2 MiB of direct memory for
 * each thread that compresses. All tables are read when a file is opened.
 *
 * <p>Data behind the old end lies at a multiple of 1 MiB of the file if it is a whole MiB of the disk and as long as
 * less than a hundredth of the file is unused.
 *
 * @since 0.1
 */
public final class Qcow2Editor implements Closeable {
    /** The blocks of {@link #changedBlocks}, in bytes: 1 MiB. */
    public static final int BLOCK_SIZE = ImageEdit.BLOCK;

    /** Data is compressed in pieces of that many bytes, or of a cluster. */
    private static final int MIN_BATCH = 1 << 20;

    /** What tables in memory may take, in bytes. */
    private static final int TABLE_MEMORY = 8 << 20;

    private final ImageFile file;
    private final ImageEdit edit;
    private final WriterState state;
    private final int clusterSize;
    private final int batchSize;
    private final @Nullable Compressor compressor;

    private Qcow2Editor(ImageFile file, int tableMemory) throws ImageException {
        this.file = file;
        this.edit = new ImageEdit(file, tableMemory);
        this.state = new WriterState(file.path());
        this.clusterSize = edit.header().clusterSize();
        this.batchSize = Math.max(MIN_BATCH, clusterSize);
        this.compressor = edit.compression() == Compression.NONE
                ? null
                : new Compressor(file.path(), clusterSize, edit.compression(), batchSize / clusterSize);
    }

    /**
     * Opens an image that {@link Qcow2Writer} or this class made. Nothing is written yet.
     *
     * @throws ImageException if the file cannot be read or written, its tables are damaged, or it is another kind of
     *     image: one of version 2, with internal snapshots, bitmaps, encryption, an external data file or
     *     subclusters, with reference counts of other than 16 bits, or marked as dirty or corrupt
     */
    public static Qcow2Editor open(Path file) throws ImageException {
        return open(ImageFile.reopen(file), TABLE_MEMORY);
    }

    /** With little memory for tables, as if the image were huge. */
    static Qcow2Editor open(ImageFile file, int tableMemory) throws ImageException {
        try {
            return new Qcow2Editor(file, tableMemory);
        } catch (ImageException | RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    /** The unit in bytes at which data begins and ends. */
    public int clusterSize() {
        return clusterSize;
    }

    /** The disk's size as the guest sees it, in bytes. */
    public long virtualSize() {
        return edit.header().virtualSize();
    }

    /**
     * How data is compressed: as the image's compressed clusters are. An image for deflate without any such cluster
     * cannot be told from one without compression, and counts as such.
     */
    public Compression compression() {
        return edit.compression();
    }

    /** What the image names as its backing file. */
    public Optional<BackingFile> backing() {
        return Optional.ofNullable(edit.header().backing());
    }

    /**
     * Writes guest data. Each cluster that its codec makes smaller by 512 bytes or more is compressed.
     *
     * @param guestOffset where the data begins on the disk, in bytes; a multiple of {@link #clusterSize()}
     * @param clusters its remaining bytes are written and consumed: a multiple of the cluster size, or up to the end
     *     of the disk; at least one byte
     * @throws ImageException if the file cannot be written, with file and offset
     * @throws IllegalArgumentException if the range is not aligned or leaves the disk
     * @throws IllegalStateException if the editor is finished or closed, or a write failed before
     */
    public void write(long guestOffset, ByteBuffer clusters) throws ImageException {
        Ranges.checkData(guestOffset, clusters.remaining(), virtualSize(), clusterSize);
        state.begin();
        try {
            if (compressor == null) {
                writePlain(guestOffset, clusters);
            } else {
                writeCompressed(guestOffset, clusters, compressor);
            }
            state.ended();
        } catch (ImageException | RuntimeException | Error e) {
            state.failed(e);
            throw e;
        }
    }

    /**
     * Makes a range read as zeros: by explicit zero clusters in an image with a backing file, and by leaving it
     * unallocated in one without. What it took in the file becomes unused.
     *
     * @param guestOffset a multiple of {@link #clusterSize()}
     * @param length a multiple of the cluster size, or up to the end of the disk
     * @throws ImageException as for {@link #write}
     * @throws IllegalArgumentException as for {@link #write}
     * @throws IllegalStateException as for {@link #write}
     */
    public void writeZeros(long guestOffset, long length) throws ImageException {
        Ranges.checkAligned(guestOffset, length, virtualSize(), clusterSize);
        state.begin();
        try {
            edit.mapZeros(guestOffset / clusterSize, Entries.ceilDiv(length, clusterSize));
            state.ended();
        } catch (ImageException | RuntimeException | Error e) {
            state.failed(e);
            throw e;
        }
    }

    /**
     * Makes all of it durable: data, tables, then reference counts, which are exact from then on. The file ends behind
     * the last cluster that is used. No write may be under way.
     *
     * @throws ImageException if that fails; the image is then as after a power cut
     * @throws IllegalStateException if a write failed or is under way, or the editor is finished or closed
     */
    public void finish() throws ImageException {
        state.beginFinish();
        try {
            edit.finish();
            state.finished();
        } catch (ImageException | RuntimeException | Error e) {
            state.failed(e);
            throw e;
        }
    }

    /**
     * Which blocks of {@value #BLOCK_SIZE} bytes of the file may differ from what they were when it was opened, from
     * the first write to the end of {@link #finish}. Blocks behind the end of the file that is now or was then can be
     * among them.
     */
    public BitSet changedBlocks() {
        return edit.changedBlocks();
    }

    /**
     * Which blocks of the file may differ from what they were before an earlier edit, or several, that died before
     * they had finished; complete after {@link #finish}, if this edit wrote at least all that those wrote. That is
     * {@link #changedBlocks}, and where the file had unused room and tables.
     */
    public BitSet changedBlocksOfDeadEdits() {
        return edit.doubtfulBlocks();
    }

    /** How many bytes inside the file nothing uses, as exactly as {@link Qcow2Reader#storedLength} says: for tests. */
    long deadBytes() {
        return edit.unusedBytes();
    }

    /** Releases the file. Without {@link #finish} before it, the image is as after the death of the program. */
    @Override
    public void close() throws ImageException {
        state.close();
        if (compressor != null) {
            compressor.close();
        }
        file.close();
    }

    private void writePlain(long guestOffset, ByteBuffer data) throws ImageException {
        int begin = data.position();
        int end = data.limit();
        long first = guestOffset / clusterSize;
        for (Piece piece : edit.roomForData(first, Entries.ceilDiv(data.remaining(), clusterSize))) {
            long from = begin + (piece.guestCluster() - first) * clusterSize;
            long whole = piece.count() * clusterSize;
            int length = (int) Math.min(whole, end - from);
            data.limit((int) from + length).position((int) from);
            file.write(data, piece.hostOffset());
            if (length < whole) {
                // The end of the disk: what stands behind it must not be what was there before.
                file.write(ByteBuffer.allocate((int) whole - length), piece.hostOffset() + length);
            }
            edit.mapData(piece);
        }
        data.limit(end).position(end);
    }

    private void writeCompressed(long guestOffset, ByteBuffer data, Compressor with) throws ImageException {
        int end = data.limit();
        for (long offset = guestOffset; data.position() < end; ) {
            int length = (int) Math.min(end - data.position(), batchSize - offset % batchSize);
            data.limit(data.position() + length);
            writeBatch(offset, data, with);
            data.limit(end);
            offset += length;
        }
    }

    private void writeBatch(long guestOffset, ByteBuffer data, Compressor with) throws ImageException {
        CompressedBatch batch = with.compress(data, guestOffset);
        try {
            int[] lengths = batch.lengths();
            writePacked(guestOffset / clusterSize, batch.bytes(), lengths);
            int begin = data.position();
            int end = data.limit();
            for (int i = 0; i < lengths.length; i++) {
                int from = i;
                while (i < lengths.length && lengths[i] == 0) {
                    i++;
                }
                if (i > from) {
                    data.limit(Math.min(end, begin + i * clusterSize)).position(begin + from * clusterSize);
                    writePlain(guestOffset + (long) from * clusterSize, data);
                }
            }
            data.limit(end).position(end);
        } finally {
            with.release(batch);
        }
    }

    /** Writes those clusters that were compressed; what lies in one piece of the file by one write. */
    private void writePacked(long firstCluster, ByteBuffer bytes, int[] lengths) throws ImageException {
        long[] places = new long[lengths.length];
        long begin = 0;
        long next = 0;
        int from = 0;
        int position = 0;
        for (int i = 0; i < lengths.length; i++) {
            if (lengths[i] == 0) {
                continue;
            }
            places[i] = edit.roomForCompressed(lengths[i]);
            if (places[i] != next) {
                file.write(bytes.slice(from, position - from), begin);
                begin = places[i];
                from = position;
            }
            next = places[i] + lengths[i];
            position += lengths[i];
        }
        file.write(bytes.slice(from, position - from), begin);
        for (int i = 0; i < lengths.length; i++) {
            if (lengths[i] > 0) {
                edit.mapCompressed(firstCluster + i, places[i], lengths[i]);
            }
        }
    }
}
