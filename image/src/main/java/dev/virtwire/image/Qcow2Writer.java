// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import dev.virtwire.image.internal.ImageFile;
import dev.virtwire.image.internal.MetadataWriter;
import dev.virtwire.image.internal.Qcow2Header;
import dev.virtwire.image.internal.Ranges;
import dev.virtwire.image.internal.WriterState;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;

/**
 * Writes a qcow2 image, version 3.
 *
 * <p>Layout: a write that covers a whole 1 MiB-aligned MiB of the disk puts it at a multiple of 1 MiB of the file, so
 * that a digest over either is a digest over both; smaller writes share areas of 1 MiB of their own. Metadata follows
 * the data. What lies unused between has refcount 0 and is a hole.
 *
 * <p>Until {@link #finish()} the file has no header. Without a backing file {@link #writeZeroes} leaves clusters
 * unallocated, which reads the same; with one it makes zero clusters.
 *
 * <p>Room is found under a short lock, data is written outside it. Metadata in memory stays under 12 MiB plus 8 bytes
 * for each second-level table.
 */
public final class Qcow2Writer implements ImageWriter {
    private final ImageFile file;
    private final Qcow2Options options;
    private final WriterState state;
    private final Object lock = new Object();
    private final MetadataWriter metadata;

    private Qcow2Writer(ImageFile file, Qcow2Options options) {
        this.file = file;
        this.options = options;
        this.state = new WriterState(file.path());
        this.metadata = new MetadataWriter(file, options);
    }

    /**
     * Begins an image.
     *
     * @param path a file that does not exist yet
     * @param attributes of the new file, its permissions for instance, set when it is made
     * @throws ImageException if the file exists or cannot be made
     */
    public static Qcow2Writer create(Path path, Qcow2Options options, FileAttribute<?>... attributes)
            throws ImageException {
        return new Qcow2Writer(ImageFile.create(path, attributes), options);
    }

    @Override
    public long virtualSize() {
        return options.virtualSize();
    }

    @Override
    public int clusterSize() {
        return options.clusterSize();
    }

    @Override
    public long write(long guestOffset, ByteBuffer data) throws ImageException {
        int length = data.remaining();
        Ranges.checkData(guestOffset, length, virtualSize(), clusterSize());
        state.begin();
        try {
            long hostOffset;
            synchronized (lock) {
                hostOffset = metadata.mapData(guestOffset, length);
            }
            file.write(data, hostOffset);
            state.ended();
            return hostOffset;
        } catch (ImageException | RuntimeException | Error e) {
            state.failed(e);
            throw e;
        }
    }

    @Override
    public void writeZeroes(long guestOffset, long length) throws ImageException {
        Ranges.checkAligned(guestOffset, length, virtualSize(), clusterSize());
        state.begin();
        try {
            synchronized (lock) {
                metadata.mapZeroes(guestOffset, length);
            }
            state.ended();
        } catch (ImageException | RuntimeException | Error e) {
            state.failed(e);
            throw e;
        }
    }

    @Override
    public void finish() throws ImageException {
        state.beginFinish();
        try {
            Qcow2Header header;
            synchronized (lock) {
                header = metadata.finish();
            }
            file.sync();
            file.write(header.encode(), 0);
            file.sync();
            state.finished();
        } catch (ImageException | RuntimeException | Error e) {
            state.failed(e);
            throw e;
        }
    }

    @Override
    public void close() throws ImageException {
        state.close();
        file.close();
    }
}
