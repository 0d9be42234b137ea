// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.gen.model.Linker;
import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.table.TableException;
import dev.virtwire.gen.table.TableParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables' enums and flags beside libvirt's description of its API, and lines for what they lack. */
class ConstantCheckerTest {
    private static final String API = """
            <api><symbols>
              <enum name='VIR_FAR_PEEK_NOW' value='2' type='virFarPeekFlags' version='1.2.0' info='looks  at once'/>
              <enum name='VIR_FAR_PEEK_CURRENT' value='0' type='virFarPeekFlags' version='1.0.0'/>
              <enum name='VIR_FAR_PEEK_LATER' value='VIR_FAR_LATER' type='virFarPeekFlags' version='1.0.0'/>
              <enum name='VIR_FAR_PEEK_BOTH' value='3' type='virFarPeekFlags' version='1.3.0'/>
              <enum name='VIR_FAR_LATER' value='1' type='virFarTimeFlags' version='1.0.0'/>
              <enum name='VIR_FAR_KIND_A' value='0' type='virFarKindType' version='1.0.0'/>
              <enum name='VIR_FAR_KIND_B_LAST' value='1' type='virFarKindType' version='1.1.0'/>
              <enum name='VIR_FAR_KIND_LAST' value='2' type='virFarKindType' version='1.0.0'/>
            </symbols></api>
            """;
    private static final String TABLE = """
            program far 0x10 version 1 strings 80
            area All of far
            flags PeekFlags for virFarPeekFlags { later = 0x1, now = 0x2 since 1.2.0 }
            flags TimeFlags for virFarTimeFlags { later = 0x1 }
            enum Kind for virFarKindType { a = 0, bLast = 1 since 1.1.0 }
            enum Own internal { one = 1 }
            1 Peek(flags: PeekFlags, time: TimeFlags, kind: Kind, own: Own) internal since 1.0.0
            """;

    @TempDir
    Path folder;

    private ApiConstants api(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("api.xml"), text);
        return ApiConstants.read(List.of(file));
    }

    private static List<Program> tables(String text) {
        return Linker.link(List.of(TableParser.parse("far.table", text)));
    }

    @Test
    void tablesThatSayTheSameDifferInNothing() throws IOException {
        Checker.Result result = ConstantChecker.check(tables(TABLE), api(API));
        assertThat(result.differences()).isEmpty();
        assertThat(result.missing()).isEmpty();
        assertThat(result.programs()).containsExactly("constants");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "now = 0x2       | now = 0x4          | constants PeekFlags now: 4, upstream nothing",
                "now = 0x2       | soon = 0x2         | constants PeekFlags soon: name: soon, upstream VIR_FAR_PEEK_NOW (api.xml:2)",
                "since 1.2.0     | since 1.2.1        | constants PeekFlags now: since 1.2.1, upstream 1.2.0 (api.xml:2)",
                "virFarKindType  | virFarSortType     | constants Kind: upstream has no virFarSortType",
                "virFarKindType  | virFarSortType     | constants virFarKindType: in no table (api.xml:7)",
            })
    void aDifferenceIsFound(String ours, String changed, String difference) throws IOException {
        assertThat(TABLE).contains(ours);
        Checker.Result result = ConstantChecker.check(tables(TABLE.replace(ours, changed)), api(API));
        assertThat(result.differences().stream().map(found -> found.toString().replace(folder.toString() + "/", "")))
                .contains(difference);
    }

    @Test
    void whatTheTablesLackIsListedAndWrittenAsLines() throws IOException {
        List<Program> tables =
                tables(TABLE.replace(", now = 0x2 since 1.2.0", "").replace(", bLast = 1 since 1.1.0", ""));
        Checker.Result result = ConstantChecker.check(tables, api(API));
        assertThat(result.differences()).isEmpty();
        assertThat(result.missing())
                .containsExactly(
                        "constants PeekFlags: VIR_FAR_PEEK_NOW = 2 since 1.2.0",
                        "constants Kind: VIR_FAR_KIND_B_LAST = 1 since 1.1.0");
        assertThat(ConstantImporter.lines(tables, api(API), Deviations.parse("none", "")))
                .containsExactly(
                        "",
                        "# into flags PeekFlags of far",
                        "  # libvirt says: looks at once",
                        "  now = 0x2 since 1.2.0,",
                        "",
                        "# into enum Kind of far",
                        "  bLast = 1 since 1.1.0,");
    }

    @Test
    void aWholeTypeIsWrittenUnlessItIsLeftOutOnPurpose() throws IOException {
        String without = TABLE.replaceAll("(?m)^flags TimeFlags.*\n", "").replace("time: TimeFlags, ", "");
        assertThat(ConstantImporter.lines(tables(without), api(API), Deviations.parse("none", "")))
                .containsExactly("", "flags FarTimeFlags for virFarTimeFlags {", "  later = 0x1 since 1.0.0,", "}");
        Deviations onPurpose = Deviations.parse("some", "# why\nconstants virFarTimeFlags: in no table\n");
        assertThat(ConstantImporter.lines(tables(without), api(API), onPurpose)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "value='2' type='virFarPeekFlags' | type='virFarPeekFlags' | api.xml:2: an enum without value",
                "value='VIR_FAR_LATER'            | value='VIR_NOWHERE'    | api.xml:4: VIR_FAR_PEEK_LATER: VIR_NOWHERE is no number",
            })
    void aFileThatIsNotOneOfLibvirtsIsRefused(String text, String changed, String error) {
        assertThat(API).contains(text);
        assertThatThrownBy(() -> api(API.replace(text, changed)))
                .isInstanceOf(TableException.class)
                .hasMessageEndingWith(error);
    }
}
