// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.codec;

import dev.virtwire.image.Compression;
import java.io.Closeable;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Compresses and decompresses one cluster at a time. Not safe for several threads. Buffers must be direct. */
interface ClusterCodec extends Closeable {
    /** The codec of an image. */
    static ClusterCodec of(Compression compression) {
        return compression == Compression.ZSTD ? new ZstdCodec() : new DeflateCodec();
    }

    /**
     * Compresses the remaining bytes of {@code source}, whose position does not move.
     *
     * @param destination has room for {@link #bound}; its position moves behind what is written
     * @return whether it worked; if not, {@code destination} is as before
     */
    boolean compress(ByteBuffer source, ByteBuffer destination);

    /** The room that compressing needs, in bytes. */
    int bound(int length);

    /**
     * Fills {@code destination} from what {@code source} begins with. What comes behind that does not matter: the end
     * of compressed data is only known by its sector.
     *
     * @return null, or what is wrong with the compressed data
     */
    @Nullable
    String decompress(ByteBuffer source, ByteBuffer destination);

    @Override
    void close();
}
