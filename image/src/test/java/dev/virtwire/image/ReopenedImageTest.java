// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a writer that ended left in a file becomes part of another's image, if that says so, and nothing else does.
 */
class ReopenedImageTest {
    private static final int MIB = 1 << 20;
    private static final int CLUSTER = 64 << 10;
    private static final Qcow2Options OPTIONS = Qcow2Options.ofSize(20L * MIB + 512);

    @TempDir(factory = MemoryFolder.class)
    Path folder;

    private static ByteBuffer filled(int length, int value) {
        ByteBuffer data = ByteBuffer.allocate(length);
        while (data.hasRemaining()) {
            data.put((byte) value);
        }
        return data.flip();
    }

    private static byte at(Qcow2Reader reader, long offset) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        reader.read(offset, one);
        return one.get(0);
    }

    @Test
    void whatIsAdoptedIsReadAndWhatIsNotIsAHole() throws IOException {
        Path file = folder.resolve("image.qcow2");
        long whole;
        long small;
        long end;
        try (Qcow2Writer first = Qcow2Writer.create(file, OPTIONS)) {
            whole = first.write(2 * MIB, filled(MIB, 1));
            small = first.write(7 * MIB, filled(3 * CLUSTER, 2));
            first.write(9 * MIB, filled(MIB, 3));
            end = first.write(20 * MIB, filled(512, 4));
        }
        try (Qcow2Writer second = Qcow2Writer.reopen(file, OPTIONS)) {
            ByteBuffer read = ByteBuffer.allocate(MIB);
            assertThat(second.read(whole, read)).isTrue();
            assertThat(read.flip()).isEqualTo(filled(MIB, 1));
            assertThat(second.adopt(2 * MIB, MIB, whole)).isTrue();
            assertThat(second.write(3 * MIB, filled(MIB, 5))).isGreaterThan(end);
            assertThat(second.adopt(7 * MIB, 3 * CLUSTER, small)).isTrue();
            assertThat(second.adopt(20 * MIB, 512, end)).isTrue();
            second.finish();
        }
        assertThat(Qcow2Check.check(file).findings()).isEmpty();
        try (Qcow2Reader reader = Qcow2Reader.open(file)) {
            assertThat(at(reader, 2 * MIB)).isEqualTo((byte) 1);
            assertThat(at(reader, 3 * MIB)).isEqualTo((byte) 5);
            assertThat(at(reader, 7 * MIB + 3 * CLUSTER - 1)).isEqualTo((byte) 2);
            assertThat(at(reader, 9 * MIB)).as("not adopted").isZero();
            assertThat(at(reader, 20 * MIB + 511)).isEqualTo((byte) 4);
        }
    }

    @Test
    void onePlaceIsAdoptedOnceAndNoneBeyondWhatTheFileHad() throws IOException {
        Path file = folder.resolve("image.qcow2");
        long place;
        try (Qcow2Writer first = Qcow2Writer.create(file, OPTIONS)) {
            place = first.write(0, filled(MIB, 1));
        }
        try (Qcow2Writer second = Qcow2Writer.reopen(file, OPTIONS)) {
            assertThat(second.adopt(0, MIB, place)).isTrue();
            assertThat(second.adopt(5 * MIB, MIB, place)).isFalse();
            assertThat(second.adopt(5 * MIB, CLUSTER, place + MIB)).isFalse();
            assertThat(second.adopt(5 * MIB, CLUSTER, 0)).as("the header").isFalse();
            assertThat(second.read(place + CLUSTER, ByteBuffer.allocate(MIB))).isFalse();
            long written = second.write(5 * MIB, filled(MIB, 2));
            assertThat(second.adopt(6 * MIB, MIB, written)).as("its own").isFalse();
            assertThatThrownBy(() -> second.write(0, filled(CLUSTER, 3)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("a second time");
        }
    }

    @Test
    void anImageThatWasFinishedIsNoImageWhileItIsWrittenAgain() throws IOException {
        Path file = folder.resolve("image.qcow2");
        try (Qcow2Writer first = Qcow2Writer.create(file, OPTIONS)) {
            first.write(0, filled(MIB, 1));
            first.finish();
        }
        Qcow2Writer.reopen(file, OPTIONS).close();
        assertThatThrownBy(() -> Qcow2Reader.open(file)).isInstanceOf(ImageException.class);
    }

    @Test
    void aFileThatIsMissingAndCompressionAreRefused() {
        Path file = folder.resolve("image.qcow2");
        assertThatThrownBy(() -> Qcow2Writer.reopen(file, OPTIONS)).hasMessageContaining("does not exist");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Qcow2Writer.reopen(file, OPTIONS.withCompression(Compression.ZSTD)));
    }
}
