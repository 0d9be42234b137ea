// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A small disk with seeded content, and the steps that write it into an image: the truth that tests compare with. */
final class Disk {
    /** One step: data, or zeros where {@code zero}. */
    record Step(long offset, int length, boolean zero) {}

    final long seed;
    final byte[] content;
    final List<Step> steps = new ArrayList<>();

    /**
     * Some clusters of a disk overwritten.
     *
     * @param below what lies beneath; null for zeros
     * @param density 0 for nothing written, 100 for everything
     */
    Disk(long seed, int size, int clusterSize, @Nullable Disk below, int density) {
        this.seed = seed;
        this.content = new byte[size];
        if (below != null) {
            System.arraycopy(below.content, 0, content, 0, Math.min(size, below.content.length));
        }
        Random random = new Random(seed);
        int clusters = (size + clusterSize - 1) / clusterSize;
        for (int cluster = 0; cluster < clusters; ) {
            int run = 1
                    + random.nextInt(
                            random.nextInt(4) == 0 ? Math.max(1, Math.min(3 << 20, size / 6) / clusterSize) : 4);
            int begin = cluster * clusterSize;
            int end = Math.min(size, (cluster + run) * clusterSize);
            if (random.nextInt(100) < density) {
                boolean zero = random.nextInt(4) == 0;
                fill(random, begin, end, zero);
                steps.add(new Step(begin, end - begin, zero));
            }
            cluster += run;
        }
    }

    /** The steps in another order. */
    List<Step> shuffled() {
        List<Step> order = new ArrayList<>(steps);
        Collections.shuffle(order, new Random(seed));
        return order;
    }

    /** Does one step. */
    void apply(Step step, ImageWriter writer) throws ImageException {
        if (step.zero()) {
            writer.writeZeroes(step.offset(), step.length());
        } else {
            writer.write(step.offset(), ByteBuffer.wrap(content, (int) step.offset(), step.length()));
        }
    }

    private void fill(Random random, int begin, int end, boolean zero) {
        if (zero) {
            Arrays.fill(content, begin, end, (byte) 0);
            return;
        }
        // Some of it compresses well, some not at all, some is zeros although it is written.
        byte[] bytes = new byte[end - begin];
        switch (random.nextInt(4)) {
            case 0 -> random.nextBytes(bytes);
            case 1 -> Arrays.fill(bytes, (byte) random.nextInt());
            case 2 -> {
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] = (byte) (i / 7 + random.nextInt(3));
                }
            }
            default -> {}
        }
        System.arraycopy(bytes, 0, content, begin, bytes.length);
    }
}
