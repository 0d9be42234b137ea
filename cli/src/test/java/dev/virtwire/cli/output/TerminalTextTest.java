// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TerminalTextTest {
    @Test
    void aSentenceIsWrappedForATerminalAlone() {
        String sentence = "note: web1: disk vdb has no bitmap of changes: every backup reads all of it";
        assertThat(TerminalText.sentence(sentence, 0)).isEqualTo(sentence);
        assertThat(TerminalText.sentence(sentence, 80)).isEqualTo(sentence);
        assertThat(TerminalText.sentence(sentence, 40)).isEqualTo("""
            note: web1: disk vdb has no bitmap of
              changes: every backup reads all of it\
            """);
    }

    @Test
    void aCommandInQuotesIsNotCutIfItFits() {
        assertThat(TerminalText.sentence("error: it is left: run 'virtwire recover /backups', or delete it", 36))
                .isEqualTo("""
                    error: it is left: run
                      'virtwire recover /backups', or
                      delete it\
                    """);
        assertThat(TerminalText.sentence("run 'virtwire recover /backups/of/the/whole/house now' again", 30))
                .isEqualTo("""
                    run 'virtwire recover
                      /backups/of/the/whole/house
                      now' again\
                    """);
        assertThat(TerminalText.sentence("don't cut at what is no quote, and isn't meant as one", 30))
                .isEqualTo("""
                    don't cut at what is no
                      quote, and isn't meant as
                      one\
                    """);
    }

    @Test
    void spacesStayAsTheyAre() {
        assertThat(TerminalText.sentence("  vda: full,  twice", 80)).isEqualTo("  vda: full,  twice");
        assertThat(TerminalText.sentence("  would remain: checkpoint virtwire-x of domain web1", 40))
                .isEqualTo("  would remain: checkpoint virtwire-x\n    of domain web1");
        assertThat(TerminalText.wrap("", 10)).containsExactly("");
    }

    @Test
    void aLongValueStandsBesideItsName() {
        assertThat(TerminalText.property("Transport", "tcp, neither encrypted nor protected", 40))
                .containsExactly("Transport:   tcp, neither encrypted nor", "             protected");
    }

    @Test
    void aNarrowTerminalIsNotTakenForAWiderOne() {
        assertThat(TerminalText.sentence("note: web1 has no bitmap of changes", 18))
                .isEqualTo("note: web1 has\n  no bitmap of\n  changes");
        assertThat(TerminalText.property("Transport", "tcp, not encrypted", 18))
                .containsExactly("Transport:", "  tcp, not", "  encrypted");
        System.setProperty("virtwire.err.columns", "12");
        try {
            assertThat(Console.errColumns()).isEqualTo(12);
            System.setProperty("virtwire.err.columns", "0");
            assertThat(Console.errColumns()).isEqualTo(80);
        } finally {
            System.clearProperty("virtwire.err.columns");
        }
    }

    @Test
    void nothingThatATerminalWouldObeyIsPrinted() {
        assertThat(TerminalText.sentence("error: no domain '\u001b]0;owned\u0007'", 0))
                .isEqualTo("error: no domain '\\u001b]0;owned\\u0007'");
    }
}
