// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.codec;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** One Zstandard frame a cluster, with a checksum, so that every reader sees damage, QEMU included. */
final class ZstdCodec implements ClusterCodec {
    /** Of system files, level 3 saves 2 percent more in four times the time. */
    private static final int LEVEL = 1;

    private @Nullable ZstdCompressCtx compressor;
    private @Nullable ZstdDecompressCtx decompressor;

    @Override
    public boolean compress(ByteBuffer source, ByteBuffer destination) {
        ZstdCompressCtx engine = compressor;
        if (engine == null) {
            engine = new ZstdCompressCtx();
            engine.setLevel(LEVEL);
            engine.setChecksum(true);
            compressor = engine;
        }
        int length = engine.compressDirectByteBuffer(
                destination,
                destination.position(),
                destination.remaining(),
                source,
                source.position(),
                source.remaining());
        destination.position(destination.position() + length);
        return true;
    }

    @Override
    public int bound(int length) {
        return (int) Zstd.compressBound(length);
    }

    @Override
    public @Nullable String decompress(ByteBuffer source, ByteBuffer destination) {
        ZstdDecompressCtx engine = decompressor;
        if (engine == null) {
            engine = new ZstdDecompressCtx();
            decompressor = engine;
        }
        // In one go, because a stream would first allocate whatever window the frame asks for.
        long frame = Zstd.findDirectByteBufferFrameCompressedSize(source, source.position(), source.remaining());
        if (Zstd.isError(frame)) {
            return "is no zstd frame: " + Zstd.getErrorName(frame);
        }
        try {
            int length = engine.decompressDirectByteBuffer(
                    destination, destination.position(), destination.remaining(), source, source.position(), (int)
                            frame);
            destination.position(destination.position() + length);
            return destination.hasRemaining() ? "zstd frame ends " + destination.remaining() + " bytes early" : null;
        } catch (ZstdException e) {
            return "zstd frame is damaged: " + e.getMessage();
        }
    }

    @Override
    public void close() {
        if (compressor != null) {
            compressor.close();
        }
        if (decompressor != null) {
            decompressor.close();
        }
    }
}
