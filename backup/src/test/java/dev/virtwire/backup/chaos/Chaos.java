// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import java.util.Random;

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
}
