// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Waits for what will come, however busy the machine is: a minute where Awaitility itself has ten seconds. */
public final class Patience {
    private Patience() {}

    /** As Awaitility's. */
    public static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofMinutes(1));
    }

    /** As Awaitility's, which says so where it waits in vain. */
    public static ConditionFactory await(String forWhat) {
        return Awaitility.await(forWhat).atMost(Duration.ofMinutes(1));
    }
}
