// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.codec;

import dev.virtwire.image.Compression;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.internal.ImageFile;
import java.nio.ByteBuffer;

/** Reads from compressed clusters of a file. Safe for several threads. */
public final class Decompressor implements AutoCloseable {
    /** Compressed data is at most as long as the cluster, but its end is known only to the sector. */
    static final int SECTOR = 512;

    private final ImageFile file;
    private final int clusterSize;
    private final Pool<Desk> desks;
    private final Desks owner;

    /** For the clusters of one image, at desks that the images of a chain share. */
    public Decompressor(ImageFile file, int clusterSize, Compression compression, Desks desks) {
        this.file = file;
        this.clusterSize = clusterSize;
        this.owner = desks;
        this.desks = desks.open(clusterSize, compression);
    }

    /**
     * Reads a part of a cluster.
     *
     * @param fileOffset where its compressed data begins
     * @param length how many bytes of the file may belong to it
     * @param from where in the cluster to begin
     * @param count how many bytes to put into {@code destination}
     * @param guestOffset where the cluster begins on the disk, for the error text
     * @throws ImageException if the file cannot be read or the data does not decompress
     */
    public void read(long fileOffset, int length, int from, int count, ByteBuffer destination, long guestOffset)
            throws ImageException {
        if (length > clusterSize + SECTOR) {
            throw new ImageException(
                    file.path(),
                    "the cluster at guest offset " + guestOffset + " claims " + length
                            + " bytes of compressed data for " + clusterSize,
                    fileOffset);
        }
        Desk desk = desks.take();
        try {
            // Reads that are smaller than a cluster come one after another; the cluster is decompressed once for them.
            if (desk.user != this || desk.fileOffset != fileOffset) {
                decompress(desk, fileOffset, length, guestOffset);
            }
            destination.put(desk.content.duplicate().position(from).limit(from + count));
        } finally {
            desks.release(desk);
        }
    }

    @Override
    public void close() {
        owner.close();
    }

    private void decompress(Desk desk, long fileOffset, int length, long guestOffset) throws ImageException {
        desk.fileOffset = Desk.NOTHING;
        desk.user = this;
        desk.compressed.clear().limit(length);
        file.read(desk.compressed, fileOffset, "the compressed data of guest offset " + guestOffset);
        String problem = desk.codec.decompress(desk.compressed.flip(), desk.content.clear());
        if (problem != null) {
            throw new ImageException(
                    file.path(), "the compressed data of guest offset " + guestOffset + " " + problem, fileOffset);
        }
        desk.content.clear();
        desk.fileOffset = fileOffset;
    }
}
