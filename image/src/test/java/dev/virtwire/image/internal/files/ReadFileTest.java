// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.ImageException;
import dev.virtwire.image.ReplacedFileException;
import dev.virtwire.image.internal.ImageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More files are read than are open, and each stays the file that was opened. */
class ReadFileTest {
    @TempDir
    Path folder;

    @Test
    void manyThreadsReadManyFilesOfWhichFewAreOpen() throws Exception {
        OpenFiles files = new OpenFiles(5);
        List<ReadFile> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            all.add(ReadFile.open(file(i), files));
        }
        assertThat(files.count()).isEqualTo(5);
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            for (Future<?> each : IntStream.range(0, 8)
                    .mapToObj(thread -> pool.submit(() -> {
                        Random random = new Random(thread);
                        for (int n = 0; n < 2000; n++) {
                            int i = random.nextInt(100);
                            ByteBuffer read = ByteBuffer.allocate(4);
                            assertThat(all.get(i).read(read, 0)).isEqualTo(4);
                            assertThat(read.getInt(0)).isEqualTo(i);
                        }
                        return null;
                    }))
                    .toList()) {
                each.get();
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(files.count()).isLessThanOrEqualTo(5 + 8);
        for (ReadFile each : all) {
            each.close();
        }
        assertThat(files.count()).isZero();
        assertThatThrownBy(() -> all.get(7).read(ByteBuffer.allocate(4), 0)).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void aFileThatWasReplacedOrRemovedMeanwhileIsNotRead() throws IOException {
        OpenFiles files = new OpenFiles(1);
        try (ReadFile replaced = ReadFile.open(file(1), files);
                ReadFile removed = ReadFile.open(file(2), files);
                ReadFile grown = ReadFile.open(file(3), files);
                ReadFile open = ReadFile.open(file(4), files)) {
            Files.move(file(5), folder.resolve("1"), StandardCopyOption.ATOMIC_MOVE);
            Files.delete(folder.resolve("2"));
            Files.write(folder.resolve("3"), new byte[100]);
            Files.delete(folder.resolve("4"));
            assertThat(open.read(ByteBuffer.allocate(4), 0)).as("it is open").isEqualTo(4);
            assertThatThrownBy(() -> replaced.read(ByteBuffer.allocate(4), 0))
                    .isInstanceOf(ReplacedFileException.class)
                    .hasMessage(folder.resolve("1") + " was replaced or removed while it was read");
            assertThatThrownBy(() -> removed.read(ByteBuffer.allocate(4), 0)).matches(ReplacedFileException::isCauseOf);
            assertThat(grown.read(ByteBuffer.allocate(200), 0))
                    .as("the same file")
                    .isEqualTo(100);
        }
    }

    @Test
    void anImageSaysThatItWasReplaced() throws IOException {
        List<ImageFile> others = new ArrayList<>();
        try (ImageFile image = ImageFile.open(file(1))) {
            for (int i = 2; i < OpenFiles.MOST + 10; i++) {
                others.add(ImageFile.open(file(i)));
            }
            Files.move(file(1000), folder.resolve("1"), StandardCopyOption.ATOMIC_MOVE);
            assertThatThrownBy(() -> image.read(ByteBuffer.allocate(4), 0, "the header"))
                    .isInstanceOf(ImageException.class)
                    .matches(e -> ((ImageException) e).isReplaced())
                    .hasMessageContaining(
                            "cannot read the header: " + folder.resolve("1") + " was replaced or removed");
        } finally {
            for (ImageFile each : others) {
                each.close();
            }
        }
    }

    private Path file(int number) throws IOException {
        return Files.write(
                folder.resolve(String.valueOf(number)),
                ByteBuffer.allocate(4).putInt(number).array());
    }
}
