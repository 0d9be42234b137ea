// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.time.Duration;

/** Wordings of error messages. */
final class Texts {
    private Texts() {}

    /** A time as a person says it: {@code 60 s} or {@code 250 ms}. */
    static String of(Duration time) {
        return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }
}
