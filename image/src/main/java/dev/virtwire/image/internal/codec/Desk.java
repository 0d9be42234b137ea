// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.codec;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What one thread works at that decompresses. It keeps what it decompressed last. */
final class Desk implements Pool.Member {
    static final long NOTHING = -1;

    final ClusterCodec codec;
    final ByteBuffer compressed;
    final ByteBuffer content;
    /** Whose cluster the content is. */
    @Nullable
    Decompressor user;

    long fileOffset = NOTHING;

    Desk(int clusterSize, int compressedSize, ClusterCodec codec) {
        this.codec = codec;
        this.compressed = ByteBuffer.allocateDirect(compressedSize);
        this.content = ByteBuffer.allocateDirect(clusterSize);
    }

    @Override
    public void close() {
        codec.close();
    }
}
