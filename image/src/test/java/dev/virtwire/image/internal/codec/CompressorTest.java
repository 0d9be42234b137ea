// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.Compression;
import dev.virtwire.image.ImageException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a codec made is not believed before it was decompressed again. */
class CompressorTest {
    private static final int CLUSTER = 4096;
    private static final Path FILE = Path.of("disk.qcow2");

    @Test
    void aCodecThatMakesSomethingElseFailsTheWrite() {
        ClusterCodec good = ClusterCodec.of(Compression.DEFLATE);
        assertRefused(
                new Faulty(good) {
                    @Override
                    public boolean compress(ByteBuffer source, ByteBuffer destination) {
                        ByteBuffer other = ByteBuffer.allocateDirect(CLUSTER);
                        return super.compress(other.put(7, (byte) 1), destination);
                    }
                },
                "decompresses to something else");
        assertRefused(
                new Faulty(good) {
                    @Override
                    public boolean compress(ByteBuffer source, ByteBuffer destination) {
                        super.compress(source, destination);
                        destination.position(destination.position() - 2);
                        return true;
                    }
                },
                "deflate data ends ");
    }

    @Test
    void aGoodCodecPasses() throws ImageException {
        try (Compressor compressor = new Compressor(FILE, CLUSTER, Compression.ZSTD, 4)) {
            CompressedBatch batch = compressor.compress(ByteBuffer.allocate(3 * CLUSTER - 512), 0);
            assertThat(batch.lengths().length).isEqualTo(3);
            assertThat(batch.bytes().remaining())
                    .isEqualTo(batch.lengths()[0] + batch.lengths()[1] + batch.lengths()[2]);
            compressor.release(batch);
        }
    }

    private static void assertRefused(ClusterCodec codec, String text) {
        try (Compressor compressor = new Compressor(FILE, CLUSTER, () -> codec, 1)) {
            assertThatThrownBy(() -> compressor.compress(ByteBuffer.allocate(CLUSTER), 8192))
                    .isInstanceOf(ImageException.class)
                    .hasMessageStartingWith(
                            "disk.qcow2: what the codec made of the cluster at guest offset 8192 " + text);
        }
    }

    private static class Faulty implements ClusterCodec {
        private final ClusterCodec codec;

        Faulty(ClusterCodec codec) {
            this.codec = codec;
        }

        @Override
        public boolean compress(ByteBuffer source, ByteBuffer destination) {
            return codec.compress(source, destination);
        }

        @Override
        public int bound(int length) {
            return codec.bound(length);
        }

        @Override
        public @Nullable String decompress(ByteBuffer source, ByteBuffer destination) {
            return codec.decompress(source, destination);
        }

        @Override
        public void close() {}
    }
}
