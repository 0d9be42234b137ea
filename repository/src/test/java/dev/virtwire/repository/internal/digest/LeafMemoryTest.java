// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Leaves in memory are those that a walk through all digest files gives. */
class LeafMemoryTest {
    private static final int PAGE = 1024;

    @Test
    void leavesInMemoryAreThoseOfTheWholeChain() throws IOException {
        for (long seed = 1; seed <= 200; seed++) {
            Random random = new Random(seed);
            int count = 1 + random.nextInt(random.nextBoolean() ? 5 * PAGE : 20);
            LeafMemory.Room room = new LeafMemory.Room(1L << 40);
            List<byte[][]> layers = new ArrayList<>();
            layers.add(layer(random, count, false));
            LeafMemory memory = LeafMemory.of(new Known(layers.get(0)), room);
            for (int i = 0; i < 6; i++) {
                requireSame(seed, memory.leaves(), chain(layers));
                byte[][] child = layer(random, count, true);
                layers.add(0, child);
                assertThat(memory.take(new Known(child))).isTrue();
            }
            requireSame(seed, memory.leaves(), chain(layers));
            memory.free();
            assertThat(LeafMemory.of(new Known(layer(random, count, false)), room))
                    .isNotNull();
        }
    }

    @Test
    void whatHasNoRoomIsNotKeptAndCostsNoRoom() throws IOException {
        LeafMemory.Room room = new LeafMemory.Room(2L * PAGE * BlockTree.BLOCK);
        byte[][] three = new byte[3 * PAGE][];
        Arrays.fill(three, digest(1));
        assertThat(LeafMemory.of(new Known(three), room)).isNull();
        byte[][] zeros = new byte[3 * PAGE][];
        Arrays.fill(zeros, BlockTree.zeroLeaf());
        LeafMemory memory = LeafMemory.of(new Known(zeros), room);
        assertThat(memory).isNotNull();
        byte[][] two = three.clone();
        Arrays.fill(two, 0, PAGE, BlockTree.zeroLeaf());
        assertThat(memory.take(new Known(two))).isTrue();
        assertThat(memory.take(new Known(three))).isFalse();
        memory.free();
        assertThat(LeafMemory.of(new Known(two), room)).isNotNull();
    }

    @Test
    void whatIsInheritedFromNothingIsNotKnown() throws IOException {
        assertThat(LeafMemory.of(new Known(new byte[][] {digest(1), null}), new LeafMemory.Room(1L << 40)))
                .isNull();
    }

    private static void requireSame(long seed, Leaves actual, Leaves expected) throws IOException {
        byte[] left = new byte[BlockTree.DIGEST];
        byte[] right = new byte[BlockTree.DIGEST];
        assertThat(actual.count()).isEqualTo(expected.count());
        for (long index = 0; index < expected.count(); index++) {
            actual.seek(index);
            expected.seek(index);
            assertThat(actual.kind()).as("seed %d, leaf %d", seed, index).isEqualTo(expected.kind());
            actual.digest(left);
            expected.digest(right);
            assertThat(left).as("seed %d, leaf %d", seed, index).isEqualTo(right);
            assertThat(actual.end()).isBetween(index + 1, expected.count());
            for (index++; index < actual.end(); index++) {
                expected.seek(index);
                assertThat(expected.kind()).as("seed %d, leaf %d", seed, index).isEqualTo(actual.kind());
            }
            index--;
        }
    }

    private static Leaves chain(List<byte[][]> layers) {
        return ChainLeaves.of(layers.stream().<Leaves>map(Known::new).toList());
    }

    private static byte[][] layer(Random random, int count, boolean inherits) {
        byte[][] layer = new byte[count][];
        for (int at = 0; at < count; ) {
            int end = Math.min(count, at + 1 + random.nextInt(random.nextBoolean() ? 3 : 2 * PAGE));
            int kind = random.nextInt(inherits ? 3 : 2);
            for (; at < end; at++) {
                layer[at] = kind == 2 ? null : kind == 1 ? BlockTree.zeroLeaf() : digest(random.nextInt());
            }
        }
        return layer;
    }

    private static byte[] digest(int value) {
        byte[] digest = new byte[BlockTree.DIGEST];
        Arrays.fill(digest, (byte) value);
        digest[0] = 1;
        return digest;
    }

    /** Leaves that are in an array, where null is one that is inherited. */
    private static final class Known implements Leaves {
        private final byte[][] digests;
        private long index;

        Known(byte[][] digests) {
            this.digests = digests;
        }

        @Override
        public long count() {
            return digests.length;
        }

        @Override
        public void seek(long target) {
            index = target;
        }

        @Override
        public LeafKind kind() {
            byte[] digest = digests[(int) index];
            return digest == null ? LeafKind.INHERITED : BlockTree.isZero(digest) ? LeafKind.ZERO : LeafKind.DATA;
        }

        @Override
        public long end() {
            return index + 1;
        }

        @Override
        public void digest(byte[] target) {
            System.arraycopy(digests[(int) index], 0, target, 0, BlockTree.DIGEST);
        }
    }
}
