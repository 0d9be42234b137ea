// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.edit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.ImageException;
import dev.virtwire.image.Qcow2Check;
import dev.virtwire.image.Qcow2Options;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.image.Qcow2Writer;
import dev.virtwire.image.internal.ImageFile;
import dev.virtwire.image.internal.Qcow2HeaderParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens if the counts of a file no longer fit into their table. */
class RefcountUpdateTest {
    private static final int CLUSTER = 4096;

    @TempDir
    Path folder;

    /** With clusters of 4 KiB, a table of one cluster counts 4 GiB. */
    @Test
    void aTableThatIsTooSmallMoves() throws IOException {
        Path path = image();
        try (ImageFile file = ImageFile.reopen(path)) {
            ImageSurvey survey = ImageSurvey.of(file);
            long far = 5L << 30;
            FileRoom room = new FileRoom(survey.uses, CLUSTER, far + CLUSTER, survey.usedBytes());
            survey.uses.put(far / CLUSTER, ClusterUses.ALONE);
            ChangedBlocks changed = new ChangedBlocks();
            new RefcountUpdate(file, survey.header, survey.uses, room, changed, survey.refcounts).run();
            file.resize(room.cut());
            assertThat(Qcow2HeaderParser.parse(file).refcountTableClusters()).isEqualTo(2);
            assertThat(Qcow2HeaderParser.parse(file).refcountTableOffset())
                    .isNotEqualTo(survey.header.refcountTableOffset());
            assertThat(changed.copy().get(0)).isTrue();
        }
        Qcow2Check.Report report = Qcow2Check.check(path);
        assertThat(report.corruptions()).isZero();
        assertThat(report.findings())
                .extracting(Object::toString)
                .containsExactly("cluster has refcount 1 and 0 uses (file offset 5368709120)");
        ByteBuffer content = ByteBuffer.allocate(CLUSTER);
        try (Qcow2Reader reader = Qcow2Reader.open(path)) {
            reader.read(8 * CLUSTER, content);
        }
        assertThat(content.get(0)).isEqualTo((byte) 7);
    }

    @Test
    void aFileThatNoTableCanCountIsRefused() throws IOException {
        Path path = image();
        try (ImageFile file = ImageFile.reopen(path)) {
            ImageSurvey survey = ImageSurvey.of(file);
            long far = 9L << 40;
            FileRoom room = new FileRoom(survey.uses, CLUSTER, far + CLUSTER, survey.usedBytes());
            survey.uses.put(far / CLUSTER, ClusterUses.ALONE);
            RefcountUpdate update =
                    new RefcountUpdate(file, survey.header, survey.uses, room, new ChangedBlocks(), survey.refcounts);
            assertThatThrownBy(update::run)
                    .isInstanceOf(ImageException.class)
                    .hasMessage(path + ": grew larger than clusters of 4096 can count: use larger clusters");
        }
        assertThat(Qcow2Check.check(path).isClean()).isTrue();
    }

    @Test
    void manyUsesOfAClusterAreCounted() {
        ClusterUses uses = new ClusterUses();
        uses.put(5, ClusterUses.ALONE);
        uses.put(7, ClusterUses.RESERVED);
        for (int i = 1; i < 2000; i++) {
            uses.put(6, i);
            assertThat(uses.get(6)).isEqualTo(i);
        }
        assertThat(uses.get(5)).isEqualTo(ClusterUses.ALONE);
        assertThat(uses.get(7)).isEqualTo(ClusterUses.RESERVED);
        assertThat(uses.used()).isEqualTo(3);
        assertThat(uses.nextFree(5, 100)).isEqualTo(8);
        assertThat(uses.nextUsed(8, 100_000)).isEqualTo(100_000);
        assertThat(uses.end()).isEqualTo(8);
        uses.put(6, ClusterUses.NOTHING);
        assertThat(uses.nextFree(5, 100)).isEqualTo(6);
        assertThat(uses.used()).isEqualTo(2);
    }

    private Path image() throws IOException {
        Path path = folder.resolve("x.qcow2");
        try (Qcow2Writer writer =
                Qcow2Writer.create(path, Qcow2Options.ofSize(1 << 20).withClusterSize(CLUSTER))) {
            writer.write(8 * CLUSTER, ByteBuffer.allocate(CLUSTER).put(0, (byte) 7));
            writer.finish();
        }
        return path;
    }
}
