// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.format;

import java.io.IOException;

/** Files of a program that dies before its n-th step: from there on nothing is done any more, clean-up included. */
public final class CrashingFiles {
    private CrashingFiles() {}

    /** Dies before step {@code n}, counted from 0. */
    public static DurableFiles at(int n) {
        int[] steps = {0};
        return new DurableFiles((step, path) -> {
            if (steps[0]++ >= n) {
                throw new IOException("crash at " + step + " of " + path);
            }
        });
    }
}
