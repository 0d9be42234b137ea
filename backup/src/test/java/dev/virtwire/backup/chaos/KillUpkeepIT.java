// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What is done with the points of earlier backups is killed. */
class KillUpkeepIT extends KillSuite {
    @TestFactory
    Stream<DynamicTest> aPruningMayDieAtAnyStep() throws Exception {
        return kill(Action.PRUNE);
    }

    @TestFactory
    Stream<DynamicTest> aMergeOfPointsMayDieAtAnyStep() throws Exception {
        return kill(Action.CONSOLIDATE);
    }

    @TestFactory
    Stream<DynamicTest> aRecoveryMayDieAtAnyStep() throws Exception {
        return kill(Action.RECOVER);
    }

    @TestFactory
    Stream<DynamicTest> aRestoreMayDieAtAnyStep() throws Exception {
        return kill(Action.RESTORE);
    }
}
