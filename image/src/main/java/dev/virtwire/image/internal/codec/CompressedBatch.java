// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.codec;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Some clusters in a row, each compressed or, if that saves nothing, left as it is.
 *
 * <p>Belongs to the thread that asked {@link Compressor} for it.
 */
public final class CompressedBatch implements Pool.Member {
    /** The length of a cluster that is not compressed. */
    static final int PLAIN = 0;

    final ClusterCodec codec;
    /** The compressed clusters, one behind the other. */
    final ByteBuffer bytes;
    /** A cluster in direct memory, with zeros behind the end of the disk. */
    final ByteBuffer source;

    final ByteBuffer readBack;
    final int[] lengths;
    int count;

    CompressedBatch(ClusterCodec codec, int clusterSize, int maxClusters) {
        this.codec = codec;
        this.bytes = ByteBuffer.allocateDirect(clusterSize * (maxClusters - 1) + codec.bound(clusterSize));
        this.source = ByteBuffer.allocateDirect(clusterSize);
        this.readBack = ByteBuffer.allocateDirect(clusterSize);
        this.lengths = new int[maxClusters];
    }

    /** The compressed length of each cluster in bytes, 0 if it is not compressed. */
    public int[] lengths() {
        return Arrays.copyOf(lengths, count);
    }

    /** The compressed ones of all clusters, one behind the other. */
    public ByteBuffer bytes() {
        return bytes.duplicate().flip();
    }

    @Override
    public void close() {
        codec.close();
    }
}
