// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.chaos.files.FileCounts;
import dev.virtwire.backup.chaos.files.WatchedFileSystem;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.repository.LongChainMaker;
import dev.virtwire.repository.MemoryFolder;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What it costs to verify many points is in proportion to their number, however long their chains are. */
class ManyPointsTest {
    private static final int FEW = 10;
    private static final int MANY = 300;
    private static final int CLUSTER = 65536;

    @TempDir(factory = MemoryFolder.class)
    Path folder;

    @ParameterizedTest
    @EnumSource
    void manyPointsAreVerifiedAtTheCostOfAsManyTimesAFew(VerifyDepth depth) throws Exception {
        byte[] full = new byte[2 << 20];
        new Random(5).nextBytes(full);
        LongChainMaker maker = new LongChainMaker(folder, new MemoryDisk(full)).keepingToTheLimit();
        maker.points(FEW);
        FileCounts few = verified(folder, depth, FEW, 0);
        maker.points(MANY - FEW);
        FileCounts many = verified(folder, depth, MANY, 0);
        requireProportion(few, many);
    }

    @Test
    void damageThatAllPointsInheritIsFoundAtTheCostOfAsManyTimesAFew() throws Exception {
        byte[] full = new byte[8 << 20];
        new Random(6).nextBytes(full);
        LongChainMaker maker = new LongChainMaker(folder.resolve("many"), new MemoryDisk(full));
        maker.points(MANY);
        new LongChainMaker(folder.resolve("few"), new MemoryDisk(full)).points(FEW);
        int untouched = 0;
        while (Arrays.mismatch(full, untouched, untouched + CLUSTER, maker.content(), untouched, untouched + CLUSTER)
                >= 0) {
            untouched += CLUSTER;
        }
        damage(folder.resolve("few"), untouched);
        damage(folder.resolve("many"), untouched);
        FileCounts few = verified(folder.resolve("few"), VerifyDepth.DIGESTS, FEW, FEW);
        FileCounts many = verified(folder.resolve("many"), VerifyDepth.DIGESTS, MANY, MANY);
        requireProportion(few, many);
    }

    private static void damage(Path repository, long guestOffset) throws IOException {
        Path image = Repository.open(repository)
                .points("web1")
                .points()
                .get(0)
                .folder()
                .resolve("vda.qcow2");
        long at;
        try (Qcow2Reader reader = Qcow2Reader.open(image)) {
            at = reader.extentAt(guestOffset, CLUSTER).hostOffset();
        }
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.seek(at);
            int old = file.read();
            file.seek(at);
            file.write(~old);
        }
    }

    private static void requireProportion(FileCounts few, FileCounts many) {
        assertThat(many.opened()).as("%s, %s", few, many).isLessThanOrEqualTo(few.opened() * MANY / FEW);
        assertThat(many.read()).as("%s, %s", few, many).isLessThanOrEqualTo(few.read() * MANY / FEW);
    }

    private static FileCounts verified(Path folder, VerifyDepth depth, int points, int damaged) {
        FileCounts counts = new FileCounts();
        VerifyReport report = Repository.open(new WatchedFileSystem(counts).path(folder))
                .verify(VerifyRequest.everything().withDepth(depth), ProgressListener.NONE)
                .join();
        assertThat(report.lost()).as("%s", report.damage()).hasSize(damaged);
        assertThat(report.damage()).hasSize(Math.min(damaged, 1));
        assertThat(report.points()).hasSize(points);
        return counts;
    }
}
