// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * An edit dies, or the machine loses power, at each step: what the edit does not write reads as before, and another
 * edit from there ends right.
 */
@Timeout(600)
class EditCrashTest {
    @TempDir(factory = MemoryFolder.class)
    Path folder;

    @ParameterizedTest(name = "{0}, on a base: {1}, seed {2}")
    @CsvSource({"NONE, false, 1", "NONE, true, 2", "ZSTD, false, 3", "ZSTD, true, 4", "DEFLATE, true, 5"})
    void othersReadAsBeforeAndTheEditCanBeginAgain(Compression compression, boolean backed, long seed)
            throws IOException {
        EditCase edit = new EditCase(folder, seed, compression, backed, 4096, 13 << 20);
        byte[] before = Files.readAllBytes(edit.file);
        List<RecordingChannel.Change> changes = edit.recordedEdit();
        assertThat(changes.stream().filter(RecordingChannel.Change::isSync).count())
                .as("data before tables, tables before counts, counts before the end")
                .isGreaterThanOrEqualTo(5);
        Path crashed = folder.resolve("crashed.qcow2");
        Random random = new Random(seed);
        int step = Math.max(1, changes.size() / 25);
        for (int i = 0; i <= changes.size(); i++) {
            // Most is lost if the power goes just before a sync ends.
            boolean sync = i < changes.size() && changes.get(i).isSync();
            if (!sync && random.nextInt(step) > 0) {
                continue;
            }
            PowerCuts.kill(before, changes, i, crashed);
            judge(edit, before, crashed, compression + " killed before change " + i);
            for (int cut = sync ? 4 : 1; cut > 0; cut--) {
                PowerCuts.cut(before, changes, i, crashed, random);
                judge(edit, before, crashed, compression + " power cut before change " + i);
            }
        }
    }

    private static void judge(EditCase edit, byte[] before, Path crashed, String when) throws IOException {
        edit.assertOthersAsBefore(crashed, when);
        Qcow2Editor again = edit.edit(crashed);
        assertThat(Qcow2Check.check(crashed).findings()).as(when).isEmpty();
        assertThat(edit.read(crashed)).as(when).isEqualTo(edit.after.content);
        BitSet untold = EditCase.differences(before, Files.readAllBytes(crashed));
        untold.andNot(again.changedBlocksOfDeadEdits());
        assertThat(untold).as("changed blocks that are not told, %s", when).isEqualTo(new BitSet());
    }
}
