// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.edit;

import dev.virtwire.image.Compression;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.internal.Entries;
import dev.virtwire.image.internal.ImageFile;
import dev.virtwire.image.internal.Qcow2Header;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The metadata of an image that is being edited. Room is asked for first, then the caller writes data there, and only
 * then is it mapped. Safe for several threads, as long as no two of them are at the same guest cluster.
 */
public final class ImageEdit {
    /** In bytes: what is noted as changed. */
    public static final int BLOCK = ChangedBlocks.BLOCK;

    private final ImageFile file;
    private final Qcow2Header header;
    private final Compression compression;
    private final int clusterSize;
    private final ClusterUses uses;
    private final FileRoom room;
    private final EditedTables tables;
    private final RefcountUpdate refcounts;
    private final ChangedBlocks changed = new ChangedBlocks();
    private final ChangedBlocks doubtful = new ChangedBlocks();
    private final long sizeBefore;

    /**
     * Begins to edit an image, after a look at all of its tables.
     *
     * @param tableMemory what the tables in memory may take, in bytes; a few are allowed in any case
     */
    public ImageEdit(ImageFile file, int tableMemory) throws ImageException {
        ImageSurvey survey = ImageSurvey.of(file);
        this.file = file;
        this.header = survey.header;
        this.compression = survey.compression();
        this.clusterSize = header.clusterSize();
        this.uses = survey.uses;
        this.sizeBefore = survey.fileSize;
        this.room = new FileRoom(uses, clusterSize, sizeBefore, survey.usedBytes());
        this.tables = new EditedTables(file, header, room, changed, doubtful, tableMemory);
        this.refcounts = new RefcountUpdate(file, header, uses, room, changed, survey.refcounts);
        doubtful.addAll(survey.metadata);
        // Where the file ends, for that edit may have cut it.
        doubtful.add(sizeBefore - 1, 1);
        noteUnused();
    }

    /** A piece of the disk in one piece of the file, both in whole clusters. */
    public record Piece(long guestCluster, long count, long hostOffset, boolean isNew) {}

    /** What the image's header says. */
    public Qcow2Header header() {
        return header;
    }

    /** The codec of the image's compressed clusters, if it has any. */
    public Compression compression() {
        return compression;
    }

    /** Where to write data that is not compressed: in place if possible. */
    public synchronized List<Piece> roomForData(long guestCluster, long count) throws ImageException {
        List<Piece> pieces = new ArrayList<>();
        long end = guestCluster + count;
        for (long cluster = guestCluster; cluster < end; ) {
            long first = cluster;
            long place = placeOf(cluster++);
            if (place == 0) {
                while (cluster < end && placeOf(cluster) == 0) {
                    cluster++;
                }
                long at = first;
                for (FileRoom.Run run : room.forData(first, cluster - first)) {
                    pieces.add(new Piece(at, run.count(), run.first() * clusterSize, true));
                    at += run.count();
                }
            } else {
                while (cluster < end && placeOf(cluster) == place + (cluster - first) * clusterSize) {
                    cluster++;
                }
                pieces.add(new Piece(first, cluster - first, place, false));
            }
        }
        for (Piece piece : pieces) {
            changed.add(piece.hostOffset, piece.count * clusterSize);
        }
        return pieces;
    }

    /** Where to write the compressed data of a guest cluster: a file offset. */
    public synchronized long roomForCompressed(int length) {
        long offset = room.forCompressed(length);
        changed.add(offset, length);
        return offset;
    }

    /** The data of a piece is in the file. */
    public synchronized void mapData(Piece piece) throws ImageException {
        for (long i = 0; piece.isNew && i < piece.count; i++) {
            tables.set(piece.guestCluster + i, (piece.hostOffset + i * clusterSize) | Entries.COPIED);
        }
    }

    /** The compressed data of a guest cluster is in the file. */
    public synchronized void mapCompressed(long guestCluster, long hostOffset, int length) throws ImageException {
        tables.set(guestCluster, Entries.compressedEntry(hostOffset, length, header.clusterBits()));
    }

    /** Guest clusters read as zeros. */
    public synchronized void mapZeros(long guestCluster, long count) throws ImageException {
        boolean overBacking = header.backing() != null;
        long end = guestCluster + count;
        for (long cluster = guestCluster; cluster < end; ) {
            long tableEnd = Math.min(end, (cluster / tables.perTable() + 1) * tables.perTable());
            if (!overBacking && !tables.tableExists(cluster)) {
                cluster = tableEnd;
                continue;
            }
            for (; cluster < tableEnd; cluster++) {
                tables.set(cluster, overBacking ? Entries.ZERO : 0);
            }
        }
    }

    /** How many bytes of the file nothing uses. */
    public synchronized long unusedBytes() {
        return room.unusedBytes() + tables.droppedBytes();
    }

    /** Which blocks of the file this edit changed. */
    public synchronized BitSet changedBlocks() {
        return changed.copy();
    }

    /** Which blocks an earlier edit of the same clusters may have changed that died. */
    public synchronized BitSet doubtfulBlocks() {
        BitSet blocks = doubtful.copy();
        blocks.or(changed.copy());
        return blocks;
    }

    /** Makes everything durable: data, tables, reference counts, the file's size. */
    public synchronized void finish() throws ImageException {
        tables.flush();
        room.releaseReserved();
        refcounts.run();
        long size = room.cut();
        changed.add(Math.min(size, sizeBefore), Math.abs(size - sizeBefore));
        file.resize(size);
        file.sync();
    }

    /** Where a guest cluster's data lies that nothing else uses, uncompressed and not marked as zeros; else 0. */
    private long placeOf(long guestCluster) throws ImageException {
        long entry = tables.entry(guestCluster);
        if ((entry & (Entries.COMPRESSED | Entries.ZERO)) != 0) {
            return 0;
        }
        return entry & Entries.OFFSET_MASK;
    }

    private void noteUnused() {
        long end = Entries.ceilDiv(sizeBefore, clusterSize);
        for (long at = uses.nextFree(0, end); at < end; ) {
            long to = uses.nextUsed(at, end);
            doubtful.add(at * clusterSize, (to - at) * clusterSize);
            at = uses.nextFree(to, end);
        }
    }
}
