// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.internal.digest.BlockLookup;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.DigestFile;
import dev.virtwire.repository.internal.digest.DigestFileWriter;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.digest.Leaves;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a digest file holds, it is read or found to be damaged. */
class DigestFileFuzzTest {
    private static final Path FOLDER = Scratch.folder();

    static Stream<byte[]> seeds() throws IOException {
        byte[] full = file(8L << 20, 3 << 20);
        byte[] absurd = full.clone();
        ByteBuffer.wrap(absurd).putLong(16, Long.MAX_VALUE);
        return Stream.of(full, file(0, 0), file(1L << 50, 1), absurd);
    }

    private static byte[] file(long guestSize, long imageSize) throws IOException {
        Path file = FOLDER.resolve("seed");
        Files.deleteIfExists(file);
        try (DigestFileWriter writer = DigestFileWriter.create(file, guestSize, null)) {
            leaves(writer, BlockTree.blocks(guestSize));
            writer.endContent(imageSize);
            leaves(writer, BlockTree.blocks(imageSize));
            writer.finish(imageSize);
        }
        return Files.readAllBytes(file);
    }

    private static void leaves(DigestFileWriter writer, long blocks) throws IOException {
        byte[] digest = new byte[BlockTree.DIGEST];
        Arrays.fill(digest, (byte) 7);
        if (blocks > 0) {
            writer.leaf(digest);
        }
        if (blocks > 1) {
            writer.zeros(blocks - 1);
        }
    }

    @MethodSource("seeds")
    @FuzzTest
    void reads(byte[] input) throws IOException {
        Path file = FOLDER.resolve("victim");
        Files.write(file, input);
        try (DigestFile digests = DigestFile.open(file)) {
            assertThat(digests.guestSize()).isNotNegative();
            assertThat(digests.contentRoot()).hasSize(64);
            walk(digests.blocks());
            lookUp(digests);
            digests.check(digests.content());
        } catch (DamagedException e) {
            assertThat(e.findings())
                    .isNotEmpty()
                    .allSatisfy(finding -> assertThat(finding.file()).isEqualTo(file));
        }
    }

    private static void walk(Leaves leaves) throws IOException {
        byte[] digest = new byte[BlockTree.DIGEST];
        for (long i = 0; i < leaves.count(); i = leaves.end()) {
            leaves.seek(i);
            if (leaves.kind() == LeafKind.DATA) {
                leaves.digest(digest);
            }
        }
    }

    private static void lookUp(DigestFile digests) throws IOException {
        BlockLookup lookup = digests.lookup();
        long blocks = BlockTree.blocks(digests.imageSize());
        for (long index : new long[] {blocks - 1, 0, blocks / 2}) {
            if (index >= 0 && index < blocks) {
                lookup.digest(index, new byte[BlockTree.DIGEST]);
            }
        }
    }
}
