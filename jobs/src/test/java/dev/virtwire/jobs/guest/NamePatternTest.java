// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.guest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamePatternTest {
    @ParameterizedTest
    @CsvSource({
        "web1, web1, true",
        "web1, web10, false",
        "web*, web, true",
        "web*, web10, true",
        "web?, web, false",
        "web?, web1, true",
        "*, anything, true",
        "*-test, db-test-test, true",
        "*-test, db-tests, false",
        "a*b*c, a1b2b3c, true",
        "a*b*c, a1c2b, false",
        "db.1, dbx1, false",
        "[ab], a, false",
    })
    void starsAndQuestionMarksStandForLetters(String pattern, String name, boolean matches) {
        assertThat(NamePattern.matches(pattern, name)).isEqualTo(matches);
    }

    @Test
    void manyStarsTakeNoLongTime() {
        assertThat(NamePattern.matches("*a".repeat(50) + "b", "a".repeat(5000))).isFalse();
    }
}
