// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImporterTest {
    @Test
    void linesForWhatTheTablesLack() throws IOException {
        List<String> lines = Importer.lines(List.of(), ApiFunctions.read(List.of()), UpstreamSample.upstream());
        assertThat(lines.stream().filter(line -> !line.isEmpty()))
                .containsExactly(
                        "program far 0x10 version 1",
                        "struct DomainRef { name: string, uuid: uuid, id: int }",
                        "1 DomainBegin(domain: DomainRef, checkpointXml: string?, flags: uint) internal since ?",
                        "union ParamValue { 1 i: int, 7 s: string }",
                        "struct Param { field: string, value: ParamValue }",
                        "2 DomainStats() -> (type: int, params: Param[64], label: chars(4097), model: chars(=32), "
                                + "data: opaque(8), libVersion: u64, nrVirtCpu: ushort, list: DomainRef[64], "
                                + "count: uint) priority internal since ?",
                        "3 Upload() sends sparse stream internal since ?",
                        "4 Download2() receives stream internal since ?",
                        "event 5 NewEvent(callbackId: int, domain: DomainRef, detail: int) since ?");
    }

    @Test
    void whatTheTablesHaveIsLeftOut() throws IOException {
        List<String> lines = Importer.lines(
                UpstreamSample.tables(UpstreamSample.TABLE.replaceAll("(?m)^(3|4) .*\n", "")),
                ApiFunctions.read(List.of()),
                UpstreamSample.upstream());
        assertThat(lines)
                .containsExactly(
                        "# program far 0x10 version 1",
                        "",
                        "3 Upload() sends sparse stream internal since ?",
                        "",
                        "4 Download2() receives stream internal since ?");
    }

    @Test
    void aStructThatTheTablesGaveAShorterNameKeepsIt() throws IOException {
        String table = UpstreamSample.TABLE.replaceAll("(?m)^1 .*\n", "").replace("DomainRef", "Ref");
        List<String> lines =
                Importer.lines(UpstreamSample.tables(table), ApiFunctions.read(List.of()), UpstreamSample.upstream());
        assertThat(lines)
                .contains("1 DomainBegin(domain: Ref, checkpointXml: string?, flags: uint) internal since ?")
                .noneMatch(line -> line.startsWith("struct"));
    }

    @Test
    void functionsAndVersionsComeFromLibvirtsDescriptionOfItsApi(@TempDir Path folder) throws IOException {
        Path api = folder.resolve("api.xml");
        Files.writeString(api, """
                <api><symbols>
                  <function name='virDomainBEGIN' version='6.0.0'><return type='int'/></function>
                  <function name='virDomainFarStats' version='0.2.1'/>
                  <function name='virUpload' version='0.9.0'/>
                  <function name='virConnectNewEventRegisterAny' version='0.9.0'/>
                  <functype name='virConnectNewEventCallback' version='1.4.0'/>
                </symbols></api>
                """);
        List<String> lines = Importer.lines(List.of(), ApiFunctions.read(List.of(api)), UpstreamSample.upstream());
        assertThat(lines)
                .anyMatch(line -> line.endsWith("flags: uint) for virDomainBEGIN since 6.0.0"))
                .anyMatch(line -> line.endsWith("priority for virDomainFarStats since 0.3.0"))
                .anyMatch(line -> line.equals("3 Upload() sends sparse stream since 0.9.0"))
                .anyMatch(line -> line.endsWith("detail: int) for virConnectNewEventRegisterAny since 1.4.0"));
    }

    @Test
    void whatWasImportedPassesTheCheck() throws IOException {
        List<String> lines = Importer.lines(List.of(), ApiFunctions.read(List.of()), UpstreamSample.upstream());
        String table = String.join("\n", lines)
                .replace("version 1", "version 1 strings 4194304\narea All of far")
                .replace("since ?", "since 0.0");
        Checker.Result result = Checker.compare(UpstreamSample.tables(table), UpstreamSample.upstream());
        assertThat(result.differences()).isEmpty();
        assertThat(result.missing()).isEmpty();
    }
}
