// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import dev.virtwire.image.internal.ImageFile;
import dev.virtwire.image.internal.MetadataWriter;
import dev.virtwire.image.internal.Qcow2Header;
import dev.virtwire.image.internal.Ranges;
import dev.virtwire.image.internal.WriterState;
import dev.virtwire.image.internal.codec.CompressedBatch;
import dev.virtwire.image.internal.codec.Compressor;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import org.jspecify.annotations.Nullable;

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
 * <p>With compression, each thread compresses what it writes, and decompresses it again before it counts. Clusters that
 * do not shrink stay as they are, laid out as above; the others are packed.
 *
 * <p>Room is found under a short lock, data is written outside it. Metadata in memory stays under 12 MiB plus 8 bytes
 * for each second-level table; compression adds 1.2 MiB of direct memory for each thread, more with clusters above 1
 * MiB.
 *
 * @since 0.1
 */
public final class Qcow2Writer implements ImageWriter {
    /** Data is compressed in pieces that begin and end at multiples of that on the disk, or of a cluster. */
    private static final int MIN_BATCH = 1 << 20;

    private static final long NOT_PLAIN = -1;

    private final ImageFile file;
    private final Qcow2Options options;
    private final WriterState state;
    private final Object lock = new Object();
    private final MetadataWriter metadata;
    private final @Nullable Compressor compressor;
    private final int batchSize;
    private final long written;

    private Qcow2Writer(ImageFile file, Qcow2Options options, MetadataWriter metadata, long written) {
        this.file = file;
        this.written = written;
        this.options = options;
        this.state = new WriterState(file.path());
        this.metadata = metadata;
        this.batchSize = Math.max(MIN_BATCH, options.clusterSize());
        this.compressor = options.compression() == Compression.NONE
                ? null
                : new Compressor(
                        file.path(), options.clusterSize(), options.compression(), batchSize / options.clusterSize());
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
        ImageFile file = ImageFile.create(path, attributes);
        return new Qcow2Writer(file, options, new MetadataWriter(file, options), 0);
    }

    /**
     * Continues a file that {@link #create} made with the same options, without compression, and whose writer ended
     * before it had finished. Nothing of it is part of the new image until {@link #adopt} says where it belongs; what
     * is not adopted stays in the file, unused. New data goes behind it.
     *
     * @throws ImageException if the file is not there or cannot be written
     * @throws IllegalArgumentException with compression
     */
    public static Qcow2Writer reopen(Path path, Qcow2Options options) throws ImageException {
        if (options.compression() != Compression.NONE) {
            throw new IllegalArgumentException("an image with compressed clusters cannot be continued");
        }
        ImageFile file = ImageFile.reopen(path);
        try {
            long size = file.size();
            // That writer may have come as far as the header.
            file.write(ByteBuffer.allocate(options.clusterSize()), 0);
            return new Qcow2Writer(
                    file, options, new MetadataWriter(file, options, Math.max(size, options.clusterSize())), size);
        } catch (ImageException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** With little metadata in memory, in bytes, as if the image were huge. */
    static Qcow2Writer createWithLittleMemory(Path path, Qcow2Options options, int l2Memory, int refcountMemory)
            throws ImageException {
        ImageFile file = ImageFile.create(path);
        return new Qcow2Writer(file, options, new MetadataWriter(file, options, l2Memory, refcountMemory), 0);
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
            long hostOffset =
                    compressor == null ? writePlain(guestOffset, data) : writeCompressed(guestOffset, data, compressor);
            state.ended();
            return hostOffset;
        } catch (ImageException | RuntimeException | Error e) {
            state.failed(e);
            throw e;
        }
    }

    /**
     * Takes data into the image that an earlier writer put into the file; see {@link #reopen}. Whether that is still
     * what it was is for the caller to know, who reads it with {@link #read}.
     *
     * @param guestOffset as for {@link #write}
     * @param length in bytes, as for {@link #write}
     * @param hostOffset what {@link #write} returned for it then
     * @return false, and nothing is changed, if no such data can be there: the file was shorter, or other data was
     *     adopted from that place
     * @throws ImageException as for {@link #write}
     * @throws IllegalArgumentException as for {@link #write}
     * @throws IllegalStateException as for {@link #write}
     */
    public boolean adopt(long guestOffset, long length, long hostOffset) throws ImageException {
        Ranges.checkData(guestOffset, length, virtualSize(), clusterSize());
        state.begin();
        try {
            boolean adopted = false;
            if (mayHold(hostOffset, length)) {
                synchronized (lock) {
                    adopted = metadata.mapWritten(guestOffset, length, hostOffset);
                }
            }
            state.ended();
            return adopted;
        } catch (ImageException | RuntimeException | Error e) {
            state.failed(e);
            throw e;
        }
    }

    /**
     * Reads what an earlier writer put into the file.
     *
     * @param hostOffset what {@link #write} returned then
     * @param destination its remaining bytes are filled
     * @return false if the file was shorter
     * @throws ImageException if the file cannot be read
     */
    public boolean read(long hostOffset, ByteBuffer destination) throws ImageException {
        if (!mayHold(hostOffset, destination.remaining())) {
            return false;
        }
        file.read(destination, hostOffset, "what was written before");
        return true;
    }

    private boolean mayHold(long hostOffset, long length) {
        return hostOffset >= clusterSize() && hostOffset % clusterSize() == 0 && hostOffset <= written - length;
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
        if (compressor != null) {
            compressor.close();
        }
        file.close();
    }

    private long writePlain(long guestOffset, ByteBuffer data) throws ImageException {
        long hostOffset;
        synchronized (lock) {
            hostOffset = metadata.mapData(guestOffset, data.remaining());
        }
        file.write(data, hostOffset);
        return hostOffset;
    }

    /** Returns the file offset if nothing was compressed after all and all of it lies in one piece, else -1. */
    private long writeCompressed(long guestOffset, ByteBuffer data, Compressor with) throws ImageException {
        long first = NOT_PLAIN;
        boolean inOnePiece = true;
        int end = data.limit();
        for (long offset = guestOffset; data.position() < end; ) {
            int length = (int) Math.min(end - data.position(), batchSize - offset % batchSize);
            data.limit(data.position() + length);
            long hostOffset = writeBatch(offset, data, with);
            data.limit(end);
            if (offset == guestOffset) {
                first = hostOffset;
            }
            inOnePiece &= hostOffset != NOT_PLAIN && hostOffset - first == offset - guestOffset;
            offset += length;
        }
        return inOnePiece ? first : NOT_PLAIN;
    }

    private long writeBatch(long guestOffset, ByteBuffer data, Compressor with) throws ImageException {
        CompressedBatch batch = with.compress(data, guestOffset);
        try {
            ByteBuffer compressed = batch.bytes();
            if (compressed.hasRemaining()) {
                long hostOffset;
                synchronized (lock) {
                    hostOffset = metadata.mapCompressed(guestOffset, batch.lengths());
                }
                file.write(compressed, hostOffset);
            }
            return writePlainOnes(guestOffset, data, batch.lengths());
        } finally {
            with.release(batch);
        }
    }

    /** Writes the runs of clusters that were not compressed; returns where, if that is all of them. */
    private long writePlainOnes(long guestOffset, ByteBuffer data, int[] lengths) throws ImageException {
        int begin = data.position();
        int end = data.limit();
        long hostOffset = NOT_PLAIN;
        int longest = 0;
        for (int i = 0; i < lengths.length; ) {
            int from = i;
            while (i < lengths.length && lengths[i] == 0) {
                i++;
            }
            if (i > from) {
                data.limit(Math.min(end, begin + i * clusterSize())).position(begin + from * clusterSize());
                hostOffset = writePlain(guestOffset + (long) from * clusterSize(), data);
                longest = i - from;
            } else {
                i++;
            }
        }
        data.limit(end).position(end);
        return longest == lengths.length ? hostOffset : NOT_PLAIN;
    }
}
