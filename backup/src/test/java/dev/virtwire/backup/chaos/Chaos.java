// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import java.util.Random;
import java.util.stream.IntStream;

/** How much chaos there is: a little in every build, all of it in profile {@code chaos}. */
final class Chaos {
    private Chaos() {}

    /** Whether everything is tried that can be, however long it takes. */
    static boolean isFull() {
        return Boolean.getBoolean("chaos.full");
    }

    /** Random numbers; the seed is printed, and {@code -Dchaos.seed} repeats a run. */
    static Random random(String test) {
        long seed = Long.getLong("chaos.seed", System.nanoTime() & 0xffffff);
        System.out.println(test + ": -Dchaos.seed=" + seed);
        return new Random(seed);
    }

    /** All of so many, or if there is little chaos that many of them at random, evenly spread. */
    static IntStream some(int all, int few, Random random) {
        if (isFull() || few >= all) {
            return IntStream.range(0, all);
        }
        return IntStream.range(0, few).map(i -> all * i / few + random.nextInt(all * (i + 1) / few - all * i / few));
    }
}
