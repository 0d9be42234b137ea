// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.docs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JavaProseTest {
    private static final String SOURCE = String.join(
            "\n",
            "/**",
            " * One comment",
            " * of two lines.",
            " */",
            "char quote = '\"'; // The next line",
            "// belongs to it.",
            "String joined = \"one \\\" \"",
            "        + \"sentence\";",
            "call(\"two\", \"strings\");");

    @Test
    void aSentenceIsReadAcrossLinesAndLiterals() {
        assertThat(JavaProse.of(SOURCE))
                .extracting(JavaProse::text)
                .containsExactly(
                        "One comment of two lines. ",
                        "The next line belongs to it.",
                        "one \\\" sentence",
                        "two",
                        "strings");
    }

    @Test
    void aPlaceInItHasALine() {
        JavaProse comment = JavaProse.of(SOURCE).get(0);
        assertThat(comment.line(comment.text().indexOf("comment"))).isEqualTo(2);
        assertThat(comment.line(comment.text().indexOf("lines"))).isEqualTo(3);
        JavaProse string = JavaProse.of(SOURCE).get(2);
        assertThat(string.line(string.text().indexOf("sentence"))).isEqualTo(8);
    }
}
