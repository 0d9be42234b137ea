// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.gen.table.TableException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckerTest {
    @Test
    void tablesThatSayTheSameDifferInNothing() {
        Checker.Result result = check(UpstreamSample.TABLE);
        assertThat(result.differences()).isEmpty();
        assertThat(result.missing()).isEmpty();
        assertThat(result.programs()).containsExactly("far");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0x10               | 0x11             | far: number: 0x11, upstream 0x10",
                "version 1          | version 2        | far: version: 2, upstream 1",
                "1 DomainBegin(     | 1 DomainStart(   | far 1 DomainStart: name: DomainStart, upstream DomainBegin",
                "checkpointXml:     | xml:             | far 1 DomainBegin: argument 2: xml, upstream checkpointXml",
                "string?            | string           | far 1 DomainBegin: argument 2 checkpointXml: string(4194304), upstream string(4194304)?",
                "string?            | string(80)?      | far 1 DomainBegin: argument 2 checkpointXml: string(80), upstream string(4194304)",
                ", flags: BeginFlags|                  | far 1 DomainBegin: argument 3: nothing, upstream flags: uint",
                "flags: BeginFlags  | flags: BeginFlags as u64 | far 1 DomainBegin: argument 3 flags: BeginFlags as u64, upstream uint",
                "flags: BeginFlags) | flags: BeginFlags, x: int) | far 1 DomainBegin: argument 4: x: int, upstream nothing",
                "flags: BeginFlags) | flags: BeginFlags) -> (x: int) | far 1 DomainBegin: result 1: x: int, upstream nothing",
                "Param[64]          | Param[65]        | far 2 DomainStats: result 2 params: at most 65, upstream at most 64",
                "text: string       | text: opaque(4)  | far 2 DomainStats: result 2 params 2 value arm 7: opaque(4), upstream string(4194304)",
                ", 7 text: string   |                  | far 2 DomainStats: result 2 params 2 value arm 7: nothing, upstream string(4194304)",
                "chars(4097)        | opaque(4097)     | far 2 DomainStats: result 3 label: opaque(4097), upstream chars(4097)",
                "chars(=32)         | chars(32)        | far 2 DomainStats: result 4 model: chars(32), upstream chars(=32)",
                "libVersion: u64    | libVersion: i64  | far 2 DomainStats: result 6 libVersion: i64, upstream u64",
                "nrVirtCpu: ushort  | nrVirtCpu: uchar | far 2 DomainStats: result 7 nrVirtCpu: uchar, upstream ushort",
                ") priority         | )                | far 2 DomainStats: priority: no, upstream yes",
                "sends sparse       | receives sparse  | far 3 Upload: stream: receives, upstream sends",
                "sends sparse       | sends            | far 3 Upload: sparse stream: no, upstream yes",
                "receives stream    | exchanges stream | far 4 Download2: stream: both, upstream receives",
                "receives stream    | receives stream sends fds | far 4 Download2: fds: sends, upstream none",
                "event 5            | 5                | far 5 NewEvent: a call, upstream an event",
                "4 Download2() receives stream | event 4 Download2() | far 4 Download2: an event, upstream a call",
                "detail: int        | detail: uint     | far 5 NewEvent: body 3 detail: uint, upstream int",
                "event 5            | event 6          | far 6 NewEvent: upstream nothing",
            })
    void aDifferenceIsFound(String ours, String changed, String difference) {
        assertThat(UpstreamSample.TABLE).contains(ours);
        String table = UpstreamSample.TABLE.replace(ours, changed == null ? "" : changed);
        assertThat(check(table).differences()).extracting(Difference::text).contains(difference);
    }

    @Test
    void aDifferenceInAStructShowsWhereverItIsUsed() {
        String table = UpstreamSample.TABLE.replace("id: int }", "id: uint }");
        assertThat(check(table).differences())
                .extracting(Difference::toString)
                .containsExactly(
                        "far 1 DomainBegin: argument 1 domain 3 id: uint, upstream int (far.x:46)",
                        "far 2 DomainStats: result 8 list 3 id: uint, upstream int (far.x:51)",
                        "far 5 NewEvent: body 2 domain 3 id: uint, upstream int (far.x:60)");
    }

    @Test
    void whatTheTablesLackIsNoDifference() {
        Checker.Result result = check(UpstreamSample.TABLE.replaceAll("(?m)^(3|4) .*\n", ""));
        assertThat(result.differences()).isEmpty();
        assertThat(result.missing()).containsExactly("far 3 Upload", "far 4 Download2");
    }

    @Test
    void aProgramWithoutTablesLacksEveryProcedure() {
        String other = UpstreamSample.TABLE.replace("far", "near");
        assertThat(check(other).missing()).hasSize(5);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<FAR_LIST_MAX>;  | <NOWHERE>;      | far.x:25: unknown constant NOWHERE",
                "far_kind type;   | far_sort type;  | far.x:24: unknown type far_sort; name the file that defines it as well",
                "opaque data<8>;  | opaque data<>;  | far.x:28: data is unbounded",
                "opaque data<8>;  | int data[8];    | far.x:28: no notation for an array of fixed length: data",
                "int id; };       | int id };       | far.x:9: column 76: extraneous input '}' expecting ';'",
                "FAR_PROC_UPLOAD  | FAR_UPLOAD      | far.x:56: FAR_UPLOAD does not start with FAR_PROC_",
                "const FAR_LIST_MAX=0x40; | const FAR_STRING_MAX = 1; | far.x:4: FAR_STRING_MAX is defined at far.x:3",
            })
    void aFileThatIsNotOneOfLibvirtsIsRefusedWithFileAndLine(String text, String changed, String error) {
        assertThat(UpstreamSample.XDR).contains(text);
        Map<String, String> files = Map.of("far.x", UpstreamSample.XDR.replace(text, changed));
        assertThatThrownBy(() -> Upstream.parse(files))
                .isInstanceOf(TableException.class)
                .hasMessageStartingWith(error);
    }

    private static Checker.Result check(String table) {
        return Checker.compare(UpstreamSample.tables(table), UpstreamSample.upstream());
    }
}
