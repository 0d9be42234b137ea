// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Backups are killed. */
class KillIT extends KillSuite {
    @TestFactory
    Stream<DynamicTest> aFirstBackupMayDieAtAnyStep() throws Exception {
        return kill(Action.FIRST_BACKUP);
    }

    @TestFactory
    Stream<DynamicTest> anIncrementMayDieAtAnyStep() throws Exception {
        return kill(Action.INCREMENT);
    }

    @TestFactory
    Stream<DynamicTest> aResumptionMayDieAtAnyStep() throws Exception {
        return kill(Action.RESUME);
    }
}
