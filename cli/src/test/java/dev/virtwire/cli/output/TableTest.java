// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What tables look like on a terminal, and without one. */
class TableTest {
    private static final String COLUMNS = "virtwire.out.columns";

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    @AfterEach
    void forget() {
        System.clearProperty(COLUMNS);
    }

    private String printed(Table table) {
        table.print(new Console(out, out, false, Map.of(), Interruption.none(out)));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void columnsStayInLineWithWideAndCombiningCharacters() {
        assertThat(printed(Table.of("NAME", "STATE")
                        .row("データベース", "running")
                        .row("a\u0308rger", "off")
                        .row("plain", "off")))
                .isEqualTo("""
                    NAME          STATE
                    データベース  running
                    a\u0308rger         off
                    plain         off
                    """);
    }

    @Test
    void whatATerminalWouldObeyIsShown() {
        assertThat(printed(
                        Table.of("NAME").row("red\u001b[31m").row("two\nlines").row("turned\u202etxt")))
                .isEqualTo("""
                    NAME
                    red\\u001b[31m
                    two\\u000alines
                    turned\\u202etxt
                    """);
    }

    @Test
    void theLastColumnIsWrappedForATerminal() {
        System.setProperty(COLUMNS, "40");
        assertThat(printed(Table.of("RESULT", "FOUND")
                        .row("ok", "a sentence that is longer than the terminal is wide")
                        .under("-> something that is to be done about it")
                        .row("ok", "/a/path/that/is/longer/than/the/terminal/is/wide and more")))
                .isEqualTo("""
                    RESULT  FOUND
                    ok      a sentence that is longer than
                            the terminal is wide
                            -> something that is to be done
                            about it
                    ok      /a/path/that/is/longer/than/the/terminal/is/wide
                            and more
                    """);
    }

    @Test
    void aLongNameHasALineOfItsOwn() {
        System.setProperty(COLUMNS, "60");
        assertThat(printed(Table.of("ID", "NAME", "STATE", "UUID")
                        .rightAligned("ID")
                        .row("7", "web1", "running", "11111111-2222-3333-4444-5555")
                        .row("-", "a-very-long-name-of-a-domain", "shut off", "99999999-8888-7777-6666-5555")))
                .isEqualTo("""
                    ID  NAME              STATE     UUID
                     7  web1              running   11111111-2222-3333-4444-5555
                     -  a-very-long-name-of-a-domain
                                          shut off  99999999-8888-7777-6666-5555
                    """);
    }

    @Test
    void whatStillDoesNotFitTakesSeveralLines() {
        System.setProperty(COLUMNS, "40");
        assertThat(printed(Table.of("DOMAIN", "POINT", "LEVEL", "SIZE", "OUTCOME")
                        .rightAligned("SIZE")
                        .row("web1", "20261122T190000Z-full", "full", "8 GiB", "completed")
                        .row("web2", "20261122T190000Z-full", "full", "40.5 MiB", "completed, unverified")))
                .isEqualTo("""
                    DOMAIN  POINT                  LEVEL
                            SIZE  OUTCOME
                    web1    20261122T190000Z-full  full
                           8 GiB  completed
                    web2    20261122T190000Z-full  full
                        40.5 MiB  completed, unverified
                    """);
    }

    @Test
    void elsewhereARowIsALine() {
        assertThat(printed(Table.of("RESULT", "FOUND")
                        .row("ok", "a sentence that is longer than the usual terminal is wide, and so would be wrapped")
                        .under("-> what to do")))
                .isEqualTo("""
                    RESULT  FOUND
                    ok      a sentence that is longer than the usual terminal is wide, and so would be wrapped -> what to do
                    """);
    }
}
