// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.gen.table.Item.EnumItem;
import dev.virtwire.gen.table.Item.ProcedureItem;
import dev.virtwire.gen.table.Item.StructItem;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TableParserTest {
    @Test
    void aCommentDirectlyAboveOrBehindBelongsToWhatItTouches() {
        TableFile table = TableParser.parse("t.table", """
                # SPDX

                # The area.
                area A of p

                # Set apart by a blank line: of nothing.

                # Two lines
                # for a struct.
                struct S {
                  # Above.
                  a: int,  # behind, too
                  b: int,
                  c: int,  # last
                }
                enum E {
                  x = 1,  # one
                  y = 2 since 6.0,
                }
                """);
        assertThat(table.area().doc()).isEqualTo("The area.");
        StructItem struct = (StructItem) table.items().get(0);
        assertThat(struct.doc()).isEqualTo("Two lines\nfor a struct.");
        assertThat(struct.fields()).extracting(FieldNode::doc).containsExactly("Above.\nbehind, too", "", "last");
        EnumItem enumeration = (EnumItem) table.items().get(1);
        assertThat(enumeration.doc()).isEmpty();
        assertThat(enumeration.constants()).extracting(Item.ConstantNode::doc).containsExactly("one", "");
        assertThat(enumeration.constants()).extracting(Item.ConstantNode::since).containsExactly(null, "6.0");
    }

    @Test
    void aDeclarationKeepsItsTextOnOneLine() {
        TableFile table = TableParser.parse("t.table", """
                area A of p
                7 Call(
                  a: string(80)?,  # behind
                  b: int[3],
                ) -> (c: opaque(=16)) priority
                  receives sparse stream since 1.2
                """);
        assertThat(table.items().get(0).source())
                .isEqualTo("7 Call(a: string(80)?, b: int[3]) -> (c: opaque(=16)) priority receives sparse stream"
                        + " since 1.2");
        assertThat(table.items().get(0).position()).hasToString("t.table:2");
    }

    @Test
    void wordsOfTheNotationAreStillNames() {
        TableFile table = TableParser.parse(
                "t.table", "area A of p\n7 event(stream: int, since: int, flags: int, of: int) since 1.2");
        ProcedureItem procedure = (ProcedureItem) table.items().get(0);
        assertThat(procedure.name()).isEqualTo("event");
        assertThat(procedure.arguments())
                .extracting(FieldNode::name)
                .isEqualTo(List.of("stream", "since", "flags", "of"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "area A of p\\n7 Call()               | t.table:2: column 9: mismatched input '<EOF>' expecting {'since'",
                "area A of p\\n\\n7 Call(a int) since 1 | t.table:3: column 10: missing ':' at 'int'",
                "struct S { a: int }                  | t.table:1: column 1: mismatched input 'struct' expecting",
                "area A of p §                        | t.table:1: column 13: token recognition error at: '§'",
                "area A of p\\nstruct S { a: int[99999999999999999999] } | t.table:2: number out of range: 99999999999999999999",
            })
    void aSyntaxErrorNamesFileLineAndColumn(String text, String error) {
        assertThatThrownBy(() -> TableParser.parse("t.table", text.replace("\\n", "\n")))
                .isInstanceOf(TableException.class)
                .hasMessageContaining(error);
    }
}
