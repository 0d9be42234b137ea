// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an edit leaves, finished or not, as QEMU's own tools see it. */
@Timeout(600)
class Qcow2EditorIT {
    @TempDir(factory = MemoryFolder.class)
    Path folder;

    @ParameterizedTest(name = "{0}, on a base: {1}, clusters of {2}")
    @CsvSource({
        "NONE, false, 65536",
        "NONE, true, 4096",
        "ZSTD, false, 4096",
        "ZSTD, true, 65536",
        "DEFLATE, false, 65536",
        "DEFLATE, true, 4096",
        "ZSTD, true, 2097152"
    })
    void anEditedImageIsAnImage(Compression compression, boolean backed, int clusterSize) throws Exception {
        for (long seed = 100; seed < 106; seed++) {
            EditCase edit = new EditCase(folder, seed, compression, backed, clusterSize, (9 << 20) + 512 * (int) seed);
            Qemu.judge(edit.file, Files.write(folder.resolve("before.raw"), edit.before.content));
            edit.edit(edit.file);
            Qemu.judge(edit.file, Files.write(folder.resolve("after.raw"), edit.after.content));
        }
    }

    /** QEMU reads the whole image, also what the edit writes: not one cluster may be an error. */
    @ParameterizedTest(name = "{0}, on a base: {1}, seed {2}")
    @CsvSource({"NONE, true, 11", "ZSTD, true, 12", "DEFLATE, false, 13"})
    void othersReadAsBeforeAfterACrash(Compression compression, boolean backed, long seed) throws Exception {
        EditCase edit = new EditCase(folder, seed, compression, backed, 4096, 13 << 20);
        byte[] before = Files.readAllBytes(edit.file);
        List<RecordingChannel.Change> changes = edit.recordedEdit();
        Random random = new Random(seed);
        Path crashed = folder.resolve("crashed.qcow2");
        for (int round = 0; round < 12; round++) {
            int at = random.nextInt(changes.size() + 1);
            if (round % 2 == 0) {
                PowerCuts.kill(before, changes, at, crashed);
            } else {
                PowerCuts.cut(before, changes, at, crashed, random);
            }
            assertOthersAsBefore(edit, crashed, "before change " + at);
            edit.edit(crashed);
            Qemu.judge(crashed, Files.write(folder.resolve("after.raw"), edit.after.content));
        }
    }

    private void assertOthersAsBefore(EditCase edit, Path crashed, String when)
            throws IOException, InterruptedException {
        Path raw = folder.resolve("crashed.raw");
        Qemu.img(folder, "convert", "-f", "qcow2", "-O", "raw", crashed.toString(), raw.toString());
        byte[] content = Files.readAllBytes(raw);
        int size = edit.clusterSize;
        for (int at = 0; at < content.length; at += size) {
            if (!edit.written.get(at / size)) {
                int length = Math.min(size, content.length - at);
                assertThat(ByteBuffer.wrap(content, at, length))
                        .as("%s, at %d", when, at)
                        .isEqualTo(ByteBuffer.wrap(edit.before.content, at, length));
            }
        }
    }
}
