// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.image.FileUse.Kind;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.Qcow2Check;
import dev.virtwire.image.Qcow2Options;
import dev.virtwire.image.Qcow2Writer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReferencesTest {
    private static final int CLUSTER = 4096;
    private static final int PER_TABLE = CLUSTER / Long.BYTES;

    @TempDir
    Path folder;

    /** Counts what a walk meets. */
    private static final class Counts implements References.Visitor {
        final Map<Kind, Integer> uses = new EnumMap<>(Kind.class);
        int broken;

        @Override
        public void use(
                Kind kind,
                long number,
                long fileOffset,
                long length,
                long guestOffset,
                long entryOffset,
                boolean copied) {
            uses.merge(kind, 1, Integer::sum);
        }

        @Override
        public void broken(ImageException problem) {
            broken++;
        }
    }

    @Test
    void aTableThatTheFirstLevelNamesOverAndOverIsWalkedOnce() throws IOException {
        Path file = folder.resolve("image.qcow2");
        int tables = 512;
        try (Qcow2Writer writer = Qcow2Writer.create(
                file, Qcow2Options.ofSize((long) tables * PER_TABLE * CLUSTER).withClusterSize(CLUSTER))) {
            writer.write(0, ByteBuffer.wrap(new byte[PER_TABLE / 2 * CLUSTER]));
            writer.finish();
        }
        Counts counts = new Counts();
        try (ImageFile image = ImageFile.open(file);
                FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            Qcow2Header header = Qcow2HeaderParser.parse(image);
            ByteBuffer l1 = ByteBuffer.allocate(tables * Long.BYTES);
            channel.read(l1, header.l1Offset());
            long table = l1.getLong(0);
            for (int i = 1; i < tables; i++) {
                l1.putLong(i * Long.BYTES, table);
            }
            channel.write(l1.clear(), header.l1Offset());
            // The other half of the table leads nowhere, which is work too.
            ByteBuffer nowhere = ByteBuffer.allocate(PER_TABLE / 2 * Long.BYTES);
            while (nowhere.hasRemaining()) {
                nowhere.putLong(1L << 50);
            }
            channel.write(nowhere.flip(), (table & Entries.OFFSET_MASK) + PER_TABLE / 2 * Long.BYTES);

            long size = image.size();
            RefcountReader refcounts = new RefcountReader(image, header, size);
            new References(header, size, new ClusterMap(image, header, size), refcounts).walk(counts);
        }
        assertThat(counts.uses).containsEntry(Kind.L2_TABLE, tables).containsEntry(Kind.DATA, PER_TABLE / 2);
        assertThat(counts.broken).isEqualTo(PER_TABLE / 2);
        Qcow2Check.Report report = Qcow2Check.check(file);
        assertThat(report.findings())
                .extracting(Object::toString)
                .anyMatch(text -> text.startsWith("cluster is used as L2 table 511 and for something else"));
    }

    @Test
    void offsetsAreKnownAgainHoweverManyThereAre() {
        OffsetSet set = new OffsetSet();
        Set<Long> model = new HashSet<>();
        Random random = new Random(4);
        for (int i = 0; i < 20_000; i++) {
            long offset = (1 + random.nextInt(12_000)) * (i % 2 == 0 ? 65536L : 1L << 40);
            assertThat(set.add(offset)).isEqualTo(model.add(offset));
        }
    }
}
