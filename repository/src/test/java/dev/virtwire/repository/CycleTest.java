// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Internal packages build on each other in one direction; only the public handles know what lies behind them. */
class CycleTest {
    @Test
    void noInternalPackageIsInACircle() {
        slices().matching("dev.virtwire.repository.internal.(*)..")
                .should()
                .beFreeOfCycles()
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.virtwire.repository"));
    }
}
