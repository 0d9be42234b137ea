// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.internal.format.Sha256;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BlockTreeTest {
    private static final long TIB = 1L << 40;

    @Test
    void aLeafOfZerosIsWhatSha256sumSaysOfAMebibyteOfThem() {
        // head -c 1M /dev/zero | sha256sum
        assertThat(Sha256.hex(BlockTree.zeroLeaf()))
                .isEqualTo("30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58");
    }

    @Test
    void theRootIsTheSameAsOneComputedTheSlowWay() {
        Random random = new Random(7);
        for (int blocks = 0; blocks < 70; blocks++) {
            List<byte[]> leaves = new ArrayList<>();
            BlockTree.Hasher hasher = new BlockTree.Hasher(blocks);
            int run = 0;
            for (int i = 0; i < blocks; i++) {
                boolean zero = random.nextInt(3) > 0;
                byte[] leaf = zero ? BlockTree.zeroLeaf() : randomLeaf(random);
                leaves.add(leaf);
                run = zero ? run + 1 : run;
                if (!zero) {
                    hasher.zeros(run);
                    run = 0;
                    hasher.leaf(leaf);
                }
            }
            hasher.zeros(run);
            assertThat(hasher.root()).as("%d blocks", blocks).isEqualTo(slowRoot(leaves));
        }
    }

    private static byte[] randomLeaf(Random random) {
        byte[] leaf = new byte[BlockTree.DIGEST];
        random.nextBytes(leaf);
        return leaf;
    }

    private static byte[] slowRoot(List<byte[]> leaves) {
        List<byte[]> level = new ArrayList<>(leaves);
        while (level.isEmpty() || Integer.bitCount(level.size()) != 1) {
            level.add(Sha256.of(new byte[BlockTree.BLOCK]));
        }
        while (level.size() > 1) {
            List<byte[]> above = new ArrayList<>();
            for (int i = 0; i < level.size(); i += 2) {
                ByteArrayOutputStream node = new ByteArrayOutputStream();
                node.write(1);
                node.writeBytes(level.get(i));
                node.writeBytes(level.get(i + 1));
                above.add(Sha256.of(node.toByteArray()));
            }
            level = above;
        }
        return level.get(0);
    }

    /**
     * What this thread has used, in nanoseconds: other than the time of day, it is the same on a machine that is busy.
     */
    private static long processorTime() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    @Test
    void sparseDisksCostNothing() {
        long blocks = BlockTree.blocks(16 * TIB);
        long begin = processorTime();
        byte[] empty = BlockTree.zeroRoot(blocks);
        BlockTree.Hasher hasher = new BlockTree.Hasher(blocks);
        byte[] leaf = new byte[BlockTree.DIGEST];
        for (int i = 0; i < 1024; i++) {
            hasher.zeros(blocks / 1024 - 1);
            hasher.leaf(leaf);
        }

        assertThat(hasher.root()).isNotEqualTo(empty);
        assertThat(processorTime() - begin).isLessThan(1_000_000_000L);
        assertThat(HexFormat.of().formatHex(empty)).isEqualTo(Sha256.hex(BlockTree.zeroRoot(blocks - 5)));
    }

    @Test
    void sizesOfEveryKindHaveTheRightNumberOfBlocks() {
        assertThat(BlockTree.blocks(0)).isZero();
        assertThat(BlockTree.blocks(1)).isOne();
        assertThat(BlockTree.blocks(1 << 20)).isOne();
        assertThat(BlockTree.blocks((1 << 20) + 512)).isEqualTo(2);
        assertThat(BlockTree.blocks(Long.MAX_VALUE)).isEqualTo(1L << 43);
        assertThat(BlockTree.zeroRoot(1L << 43)).hasSize(32);
    }

    @Test
    void missingLeavesAreNoticed() {
        BlockTree.Hasher hasher = new BlockTree.Hasher(3);
        hasher.zeros(2);
        assertThatThrownBy(hasher::root)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("2 leaves were given of 3");
    }
}
