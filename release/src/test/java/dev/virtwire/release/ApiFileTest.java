// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What changed between two versions, and what of it a changelog has to name. */
class ApiFileTest {
    private static final ApiFile BEFORE = ApiFile.parse(List.of(
            "# The API",
            "module shop",
            "    requires transitive java.logging",
            "",
            "@NullMarked package shop",
            "abstract class Door<T> implements Comparable<Door<T>>",
            "    void close()",
            "static class Door.Handle",
            "@FunctionalInterface interface Way",
            "    void go()",
            "enum Day",
            "    MONDAY"));

    private static final ApiFile AFTER = ApiFile.parse(List.of(
            "module shop",
            "    requires transitive java.logging",
            "@NullMarked package shop",
            "abstract class Door<T> implements Comparable<Door<T>>",
            "    void close() throws java.io.IOException",
            "static class Door.Handle",
            "enum Day",
            "    MONDAY",
            "    TUESDAY",
            "sealed interface Exit permits hidden ones"));

    @Test
    void namesAreOfModulesPackagesAndTypes() {
        assertThat(BEFORE.names())
                .containsExactly("module shop", "shop", "shop.Door", "shop.Door.Handle", "shop.Way", "shop.Day");
    }

    @Test
    void aTypeDiffersIfAnyOfItsLinesDoes() {
        assertThat(AFTER.differences(BEFORE)).containsExactly("shop.Day", "shop.Door", "shop.Exit", "shop.Way");
    }

    @Test
    void theChangelogHasToNameWhatDiffers() {
        String changelog = """
            # Changelog

            ## [Unreleased]

            ### Added
            - `Exit`, for those who leave.

            ### API
            - `Door.close` may fail, and there is no `Way` any more.

            ### Fixed
            - A `Day` had 25 hours.
            """;

        assertThat(AFTER.undeclared(BEFORE, changelog)).containsExactly("shop.Day", "shop.Exit");
    }
}
