// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.internal.format.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DigestFileTest {
    private static final int BLOCKS = 5_000;
    private static final long GUEST = BLOCKS * (long) BlockTree.BLOCK - 512;

    @TempDir
    Path folder;

    private final Random random = new Random(11);

    /** Zero leaves where an element is null. */
    private byte[][] randomLeaves() {
        byte[][] leaves = new byte[BLOCKS][];
        for (int i = 0; i < BLOCKS; ) {
            int run = Math.min(1 + random.nextInt(random.nextBoolean() ? 5 : 5000), BLOCKS - i);
            boolean zero = random.nextBoolean();
            for (int j = 0; j < run; j++, i++) {
                leaves[i] = zero ? null : randomLeaf();
            }
        }
        return leaves;
    }

    private byte[] randomLeaf() {
        byte[] leaf = new byte[BlockTree.DIGEST];
        random.nextBytes(leaf);
        return leaf;
    }

    private Path image(int bytes) throws IOException {
        byte[] content = new byte[bytes];
        random.nextBytes(content);
        return Files.write(Files.createTempFile(folder, "image", ""), content);
    }

    private DigestFileWriter.Summary writeFull(Path file, byte[][] leaves, Path image) throws IOException {
        try (DigestFileWriter writer = DigestFileWriter.create(file, GUEST, null);
                DigestFileWriter.Spool spool = DigestFileWriter.Spool.create(folder.resolve("spool"))) {
            for (byte[] leaf : leaves) {
                if (leaf == null) {
                    writer.zeros(1);
                } else {
                    writer.leaf(leaf);
                }
            }
            spool.drain(image, writer, Runnable::run);
            return writer.finish(Files.size(image));
        }
    }

    private static void assertLeaves(Leaves actual, byte[][] expected, int step) throws IOException {
        byte[] digest = new byte[BlockTree.DIGEST];
        for (int i = 0; i < expected.length; i += step) {
            actual.seek(i);
            if (expected[i] == null) {
                assertThat(actual.kind()).as("leaf %d", i).isEqualTo(LeafKind.ZERO);
            } else {
                assertThat(actual.kind()).as("leaf %d", i).isEqualTo(LeafKind.DATA);
                actual.digest(digest);
                assertThat(digest).as("leaf %d", i).isEqualTo(expected[i]);
            }
            assertThat(actual.end()).isGreaterThan(i);
        }
    }

    @Test
    void givesBackTheLeavesOfADiskAndOfItsImage() throws Exception {
        byte[][] leaves = randomLeaves();
        Path image = image(3 * BlockTree.BLOCK + 77);
        Path file = folder.resolve("vda.digests");

        DigestFileWriter.Summary summary = writeFull(file, leaves, image);

        assertThat(summary.sha256()).isEqualTo(Sha256.hex(Sha256.of(file)));
        assertThat(summary.size()).isEqualTo(Files.size(file));
        assertThat(folder.resolve("spool")).doesNotExist();
        try (DigestFile read = DigestFile.open(file)) {
            assertThat(read.guestSize()).isEqualTo(GUEST);
            assertThat(read.imageSize()).isEqualTo(Files.size(image));
            assertThat(read.contentRoot()).isEqualTo(summary.contentRoot());
            assertThat(read.fileRoot()).isEqualTo(summary.fileRoot());
            assertLeaves(read.content(), leaves, 1);
            assertLeaves(read.content(), leaves, 97);
            byte[] bytes = Arrays.copyOf(Files.readAllBytes(image), 4 * BlockTree.BLOCK);
            byte[][] blocks = new byte[4][];
            for (int i = 0; i < 4; i++) {
                blocks[i] = Sha256.of(Arrays.copyOfRange(bytes, i * BlockTree.BLOCK, (i + 1) * BlockTree.BLOCK));
            }
            assertLeaves(read.blocks(), blocks, 1);
            read.check(read.content());
        }
    }

    @Test
    void anIncrementStoresWhatChangedAndInheritsTheRest() throws Exception {
        byte[][] leaves = randomLeaves();
        Path image = image(512);
        Path parent = folder.resolve("parent.digests");
        Path child = folder.resolve("child.digests");
        writeFull(parent, leaves, image);
        byte[][] changed = leaves.clone();
        DigestFileWriter.Summary summary;
        try (DigestFile parentFile = DigestFile.open(parent);
                DigestFileWriter writer = DigestFileWriter.create(child, GUEST, parentFile.content());
                DigestFileWriter.Spool spool = DigestFileWriter.Spool.create(folder.resolve("spool"))) {
            writer.inherited(100);
            changed[100] = randomLeaf();
            writer.leaf(changed[100]);
            changed[101] = null;
            changed[102] = null;
            writer.zeros(2);
            writer.inherited(BLOCKS - 103);
            spool.drain(image, writer, Runnable::run);
            summary = writer.finish(Files.size(image));
        }

        assertThat(Files.size(child)).isLessThan(400);
        try (DigestFile parentFile = DigestFile.open(parent);
                DigestFile childFile = DigestFile.open(child)) {
            assertLeaves(ChainLeaves.of(List.of(childFile.content(), parentFile.content())), changed, 1);
            childFile.check(ChainLeaves.of(List.of(childFile.content(), parentFile.content())));
        }
        Path same = folder.resolve("same.digests");
        assertThat(writeFull(same, changed, image).contentRoot()).isEqualTo(summary.contentRoot());
    }

    @Test
    void aSparseDiskOfSixteenTebibytesTakesAFewBytes() throws Exception {
        Path file = folder.resolve("sparse.digests");
        Path image = image(0);
        try (DigestFileWriter writer = DigestFileWriter.create(file, 16L << 40, null);
                DigestFileWriter.Spool spool = DigestFileWriter.Spool.create(folder.resolve("spool"))) {
            writer.zeros(BlockTree.blocks(16L << 40));
            spool.drain(image, writer, Runnable::run);
            writer.finish(0);
        }

        assertThat(Files.size(file)).isEqualTo(DigestFormat.HEADER + DigestFormat.RUN + DigestFormat.TRAILER);
        try (DigestFile read = DigestFile.open(file)) {
            read.check(read.content());
        }
    }

    @Test
    void aDiskOfNoBytesHasNoLeaves() throws Exception {
        Path file = folder.resolve("empty.digests");
        try (DigestFileWriter writer = DigestFileWriter.create(file, 0, null);
                DigestFileWriter.Spool spool = DigestFileWriter.Spool.create(folder.resolve("spool"))) {
            spool.drain(image(0), writer, Runnable::run);
            writer.finish(0);
        }
        try (DigestFile read = DigestFile.open(file)) {
            assertThat(read.content().count()).isZero();
            read.check(read.content());
        }
    }

    /** What is read must be refused, or be as it was: the SHA-256 in the manifest finds the rest. */
    @Test
    void nonsenseInAFileIsRefusedWithItsPlaceAndNeverTrusted() throws Exception {
        byte[][] leaves = {randomLeaf(), null, null, randomLeaf()};
        Path file = folder.resolve("vda.digests");
        try (DigestFileWriter writer = DigestFileWriter.create(file, 4L << 20, null);
                DigestFileWriter.Spool spool = DigestFileWriter.Spool.create(folder.resolve("spool"))) {
            writer.leaf(leaves[0]);
            writer.zeros(2);
            writer.leaf(leaves[3]);
            spool.drain(image(100), writer, Runnable::run);
            writer.finish(100);
        }
        byte[] good = Files.readAllBytes(file);
        for (int i = 0; i < good.length; i++) {
            for (int bit = i % 3; bit < 8; bit += 3) {
                byte[] bad = good.clone();
                bad[i] ^= (byte) (1 << bit);
                assertRefused(file, bad, "bit " + bit + " of byte " + i);
            }
            assertRefused(file, Arrays.copyOf(good, i), "cut to " + i);
        }
        assertRefused(file, Arrays.copyOf(good, good.length + 1), "longer");
    }

    private static void assertRefused(Path file, byte[] content, String what) throws IOException {
        Files.write(file, content);
        assertThatThrownBy(() -> {
                    try (DigestFile read = DigestFile.open(file)) {
                        if (read.guestSize() != 4L << 20 || read.imageSize() != 100) {
                            throw new DamagedException(Finding.of(file, "other sizes"));
                        }
                        read.check(read.content());
                    }
                })
                .as(what)
                .isInstanceOf(DamagedException.class)
                .hasMessageStartingWith(file.toString());
    }
}
