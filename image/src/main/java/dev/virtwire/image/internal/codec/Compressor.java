// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.codec;

import dev.virtwire.image.Compression;
import dev.virtwire.image.ImageException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * Compresses clusters in the threads that ask for it. Each is decompressed again and compared before it counts: what a
 * faulty codec or memory made of it must not become the only copy.
 */
public final class Compressor implements AutoCloseable {
    /** Fewer bytes saved are not worth the decompressing. */
    private static final int MIN_SAVED = 512;

    private final Path path;
    private final int clusterSize;
    private final int maxClusters;
    private final Pool<CompressedBatch> batches;

    /**
     * For one image.
     *
     * @param path for error texts
     * @param compression not {@link Compression#NONE}
     * @param maxClusters how many clusters a batch may have
     */
    public Compressor(Path path, int clusterSize, Compression compression, int maxClusters) {
        this(path, clusterSize, () -> ClusterCodec.of(compression), maxClusters);
    }

    Compressor(Path path, int clusterSize, Supplier<ClusterCodec> codecs, int maxClusters) {
        this.path = path;
        this.clusterSize = clusterSize;
        this.maxClusters = maxClusters;
        this.batches = new Pool<>(() -> new CompressedBatch(codecs.get(), clusterSize, maxClusters));
    }

    /**
     * Compresses some clusters.
     *
     * @param data its remaining bytes are the clusters; the last may be short, at the end of the disk. Its position
     *     does not move
     * @param guestOffset for the error text
     * @return to be given back to {@link #release}
     * @throws ImageException if a cluster does not decompress to what it was
     */
    public CompressedBatch compress(ByteBuffer data, long guestOffset) throws ImageException {
        CompressedBatch batch = batches.take();
        boolean done = false;
        try {
            batch.bytes.clear();
            batch.count = 0;
            for (int at = 0; at < data.remaining(); at += clusterSize) {
                if (batch.count == maxClusters) {
                    throw new IllegalArgumentException("more than " + maxClusters + " clusters in a batch");
                }
                int length = Math.min(clusterSize, data.remaining() - at);
                batch.lengths[batch.count++] = compressOne(batch, data, at, length, guestOffset + at);
            }
            done = true;
            return batch;
        } finally {
            if (!done) {
                batches.release(batch);
            }
        }
    }

    /** Gives a batch back; nothing of it may be used any more. */
    public void release(CompressedBatch batch) {
        batches.release(batch);
    }

    @Override
    public void close() {
        batches.close();
    }

    private int compressOne(CompressedBatch batch, ByteBuffer data, int at, int length, long guestOffset)
            throws ImageException {
        ByteBuffer source = data.slice(data.position() + at, length);
        if (!data.isDirect() || length < clusterSize) {
            ByteBuffer copy = batch.source.clear();
            copy.put(source);
            while (copy.hasRemaining()) {
                copy.put((byte) 0);
            }
            source = copy.flip();
        }
        int begin = batch.bytes.position();
        boolean compressed = batch.codec.compress(source, batch.bytes);
        int compressedLength = batch.bytes.position() - begin;
        if (!compressed || compressedLength > clusterSize - MIN_SAVED) {
            batch.bytes.position(begin);
            return CompressedBatch.PLAIN;
        }
        ByteBuffer made = batch.bytes.duplicate().flip().position(begin);
        String problem = batch.codec.decompress(made, batch.readBack.clear());
        if (problem == null && !batch.readBack.flip().equals(source)) {
            problem = "decompresses to something else";
        }
        if (problem != null) {
            throw new ImageException(
                    path, "what the codec made of the cluster at guest offset " + guestOffset + " " + problem);
        }
        return compressedLength;
    }
}
