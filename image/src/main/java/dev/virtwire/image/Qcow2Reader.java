// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import dev.virtwire.image.ImageExtent.Kind;
import dev.virtwire.image.internal.ClusterMap;
import dev.virtwire.image.internal.Entries;
import dev.virtwire.image.internal.ExtentMerger;
import dev.virtwire.image.internal.FileUses;
import dev.virtwire.image.internal.ImageFile;
import dev.virtwire.image.internal.Qcow2Header;
import dev.virtwire.image.internal.Qcow2HeaderParser;
import dev.virtwire.image.internal.Ranges;
import dev.virtwire.image.internal.RefcountReader;
import dev.virtwire.image.internal.References;
import dev.virtwire.image.internal.UsedBytes;
import dev.virtwire.image.internal.Zeros;
import dev.virtwire.image.internal.codec.Decompressor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Reads one qcow2 image, version 2 or 3, alone: what it leaves to its backing file reads as zeros, see
 * {@link ImageChain}. Internal snapshots are not looked at. Encryption, external data files and subclusters are refused
 * by name when the image is opened, as is an image that was marked as corrupt.
 *
 * @since 0.1
 */
public final class Qcow2Reader implements ImageReader {
    private final ImageFile file;
    private final Qcow2Header header;
    private final long fileSize;
    private final ClusterMap map;
    private final Decompressor decompressor;

    private Qcow2Reader(ImageFile file, Qcow2Header header, long fileSize, ImageMemory memory) {
        this.file = file;
        this.header = header;
        this.fileSize = fileSize;
        this.map = new ClusterMap(file, header, fileSize, memory.slices());
        this.decompressor = new Decompressor(file, header.clusterSize(), header.compression(), memory.desks());
    }

    /**
     * Opens an image.
     *
     * @throws ImageException if the file cannot be read, is no qcow2 image, or needs a feature that is refused
     */
    public static Qcow2Reader open(Path path) throws ImageException {
        return open(path, ImageMemory.ofOneImage());
    }

    /**
     * Opens an image that is one of a chain.
     *
     * @param memory what the images of the chain share
     * @throws ImageException as for {@link #open(Path)}
     */
    public static Qcow2Reader open(Path path, ImageMemory memory) throws ImageException {
        ImageFile file = ImageFile.open(path);
        try {
            return new Qcow2Reader(file, Qcow2HeaderParser.parse(file), file.size(), memory);
        } catch (ImageException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    @Override
    public Path file() {
        return file.path();
    }

    @Override
    public long virtualSize() {
        return header.virtualSize();
    }

    /** The cluster size in bytes. */
    public int clusterSize() {
        return header.clusterSize();
    }

    @Override
    public Optional<BackingFile> backing() {
        return Optional.ofNullable(header.backing());
    }

    @Override
    public void read(long guestOffset, ByteBuffer destination) throws ImageException {
        Ranges.checkInside(guestOffset, destination.remaining(), virtualSize());
        int limit = destination.limit();
        long offset = guestOffset;
        while (destination.hasRemaining()) {
            ImageExtent run = next(offset, offset + destination.remaining());
            if (run.kind() != Kind.DATA) {
                Zeros.put(destination, run.length());
            } else if (run.hostOffset() != ImageExtent.NO_HOST_OFFSET) {
                destination.limit(destination.position() + (int) run.length());
                file.read(destination, run.hostOffset(), "the data of guest offset " + offset);
                destination.limit(limit);
            } else {
                decompress(run, destination);
            }
            offset = run.end();
        }
    }

    @Override
    public void forEachExtent(long guestOffset, long length, ExtentVisitor visitor) throws IOException {
        Ranges.checkInside(guestOffset, length, virtualSize());
        ExtentMerger merger = new ExtentMerger(visitor);
        long end = guestOffset + length;
        for (long offset = guestOffset; offset < end; ) {
            ImageExtent run = next(offset, end);
            merger.visit(run);
            offset = run.end();
        }
        merger.flush();
    }

    @Override
    public ImageExtent extentAt(long guestOffset, long length) throws ImageException {
        Ranges.checkInside(guestOffset, length, virtualSize());
        return next(guestOffset, guestOffset + length);
    }

    /**
     * How many bytes of this file a cluster of the disk takes: 0 if it is zeros or not in this image, the cluster size
     * if it is not compressed. Of compressed data the file knows only the sectors, so that this may be wrong by 512
     * bytes, but a sum over many is right.
     *
     * @param guestOffset of any byte of the cluster
     * @throws ImageException if the file cannot be read or is damaged there
     * @throws IllegalArgumentException if the offset is not on the disk
     */
    public long storedLength(long guestOffset) throws ImageException {
        Ranges.checkInside(guestOffset, 1, virtualSize());
        long table = map.tableOffset(guestOffset / map.bytesPerTable());
        return table == 0 ? 0 : Entries.storedLength(map.entry(table, guestOffset), header.clusterBits());
    }

    /**
     * Whether each cluster of the disk has a place of its own in the file. Then a program that writes the disk changes
     * data in its place, and no table: the file as others read it lacks nothing that the program holds in memory. It is
     * not so if a cluster is compressed, all zeros, left to a backing file or shared with an internal snapshot. Walks
     * all tables.
     *
     * @return false also for a kind of image that a later QEMU may write in another way
     * @throws ImageException if the file cannot be read or is damaged
     */
    public boolean isSettled() throws ImageException {
        if (header.snapshots() != 0 || header.incompatible() != 0) {
            return false;
        }
        for (long offset = 0; offset < virtualSize(); offset += clusterSize()) {
            long number = offset / map.bytesPerTable();
            long table = map.tableOffset(number);
            if (table == 0 || !map.tableIsCopied(number)) {
                return false;
            }
            long entry = map.entry(table, offset);
            if (Cluster.of(entry) != Cluster.PLAIN || (entry & Entries.COPIED) == 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * How many bytes of the file nothing uses, as exactly as {@link #storedLength} says. Walks all tables.
     *
     * @throws ImageException if the file cannot be read
     */
    public long unusedBytes() throws ImageException {
        UsedBytes used = new UsedBytes(header.clusterSize());
        new References(header, fileSize, map, new RefcountReader(file, header, fileSize)).walk(used);
        return Math.max(0, Entries.alignUp(fileSize, header.clusterSize()) - used.bytes());
    }

    /**
     * What a range of the file is for, so that damage at a file offset can be named by what it damages. Walks all
     * tables; what damage makes unreachable counts as unused.
     *
     * @param fileOffset in bytes
     * @param length in bytes
     * @return the uses in the order of the file, without gaps; in a damaged image some may overlap
     * @throws ImageException if the file cannot be read
     */
    public List<FileUse> usesOf(long fileOffset, long length) throws ImageException {
        Ranges.checkInside(fileOffset, length, fileSize);
        FileUses uses = new FileUses(fileOffset, length);
        new References(header, fileSize, map, new RefcountReader(file, header, fileSize)).walk(uses);
        return uses.found();
    }

    @Override
    public void close() throws ImageException {
        decompressor.close();
        file.close();
    }

    /** A run from {@code offset} on, within one second-level table, that ends before {@code end}. */
    private ImageExtent next(long offset, long end) throws ImageException {
        long number = offset / map.bytesPerTable();
        // The last table of the largest disk ends beyond what fits; compare lengths, not ends.
        long inTable = Math.min(end - offset, map.bytesPerTable() - offset % map.bytesPerTable());
        long table = map.tableOffset(number);
        if (table == 0) {
            return new ImageExtent(offset, inTable, Kind.UNALLOCATED, ImageExtent.NO_HOST_OFFSET, 0);
        }
        int clusterSize = clusterSize();
        long inCluster = offset % clusterSize;
        long entry = map.entry(table, offset);
        Cluster cluster = Cluster.of(entry);
        long host = entry & Entries.OFFSET_MASK;
        long length = clusterSize - inCluster;
        while (length < inTable) {
            long next = map.entry(table, offset + length);
            if (Cluster.of(next) != cluster
                    || (cluster == Cluster.PLAIN && (next & Entries.OFFSET_MASK) != host + inCluster + length)) {
                break;
            }
            length += clusterSize;
        }
        long hostOffset = cluster == Cluster.PLAIN ? host + inCluster : ImageExtent.NO_HOST_OFFSET;
        return new ImageExtent(offset, Math.min(length, inTable), cluster.kind, hostOffset, 0);
    }

    /** Reads a run of compressed clusters, the first and the last of which may be cut. */
    private void decompress(ImageExtent run, ByteBuffer destination) throws ImageException {
        int clusterSize = clusterSize();
        long table = map.tableOffset(run.offset() / map.bytesPerTable());
        for (long offset = run.offset(); offset < run.end(); ) {
            int inCluster = (int) (offset % clusterSize);
            int count = (int) Math.min(clusterSize - inCluster, run.end() - offset);
            long entry = map.entry(table, offset);
            long host = Entries.compressedOffset(entry, header.clusterBits());
            int length = (int) Math.min(Entries.compressedLength(entry, header.clusterBits()), fileSize - host);
            decompressor.read(host, length, inCluster, count, destination, offset - inCluster);
            offset += count;
        }
    }

    /** What a second-level entry says of its cluster. */
    private enum Cluster {
        UNALLOCATED(Kind.UNALLOCATED),
        ZERO(Kind.ZERO),
        PLAIN(Kind.DATA),
        COMPRESSED(Kind.DATA);

        final Kind kind;

        Cluster(Kind kind) {
            this.kind = kind;
        }

        static Cluster of(long entry) {
            if ((entry & Entries.COMPRESSED) != 0) {
                return COMPRESSED;
            }
            if ((entry & Entries.ZERO) != 0) {
                return ZERO;
            }
            return (entry & Entries.OFFSET_MASK) == 0 ? UNALLOCATED : PLAIN;
        }
    }
}
