// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.gen.emit.JavaEmitter;
import dev.virtwire.gen.model.Area;
import dev.virtwire.gen.model.Event;
import dev.virtwire.gen.model.Procedure;
import dev.virtwire.gen.model.Program;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * What a user of the stubs is told: of each call its line of the table, libvirt's name for it, and since when it is.
 */
class StubsTest {
    private static final Pattern METHOD = Pattern.compile(
            "/\\*\\*((?:(?!\\*/).)*)\\*/\\s+public CompletableFuture<\\S+ (\\w+)\\(([^)]*)\\)", Pattern.DOTALL);

    private record Stub(String doc, String parameters) {}

    @Test
    void everyCallHasTwoMethodsThatSayWhatItIs() throws IOException {
        int calls = 0;
        for (Program program : Tables.read(Path.of("../src/protocol"))) {
            Map<String, String> sources = JavaEmitter.emit(program);
            for (Area area : program.areas()) {
                Map<String, List<Stub>> stubs = stubs(sources, area);
                for (Procedure procedure : area.procedures()) {
                    if (procedure.stream() == Procedure.Stream.NONE) {
                        String method = procedure.name().substring(0, 1).toLowerCase(Locale.ROOT)
                                + procedure.name().substring(1);
                        check(procedure, stubs.getOrDefault(method, List.of()));
                        calls++;
                    }
                }
            }
        }
        assertThat(calls)
                .as("calls of the tables that open no stream")
                .isEqualTo(TableTexts.statements()
                        .filter(statement -> !statement.startsWith("event ") && !statement.contains(" stream"))
                        .count())
                .isGreaterThan(400);
    }

    private static void check(Procedure procedure, List<Stub> stubs) {
        assertThat(stubs).as(procedure.name()).hasSize(2);
        assertThat(stubs.get(0).parameters()).doesNotContain("CallOptions");
        assertThat(stubs.get(1).parameters()).endsWith("CallOptions callOptions");
        for (Stub stub : stubs) {
            assertThat(stub.doc())
                    .contains("<pre>" + procedure.number() + " " + procedure.name() + "(")
                    .contains("@since libvirt " + procedure.since());
            if (procedure.function() != null) {
                assertThat(stub.doc()).contains("libvirt's function: {@code " + procedure.function() + "}");
            }
        }
    }

    /** A sentence of our own stands before the table's line; a name in words is not one. */
    @Test
    void everyCallAndMessageHasASentence() throws IOException {
        List<String> without = new ArrayList<>();
        for (Program program : Tables.read(Path.of("../src/protocol"))) {
            for (Area area : program.areas()) {
                area.procedures().stream()
                        .filter(procedure -> !procedure.doc().matches("(?s)[A-Z].* .*[.?)]"))
                        .map(Procedure::name)
                        .forEach(without::add);
                area.events().stream()
                        .filter(event -> !event.doc().matches("(?s)[A-Z].* .*[.?)]"))
                        .map(Event::name)
                        .forEach(without::add);
            }
        }
        assertThat(without).isEmpty();
    }

    @Test
    void aStubAsksOnlyForWhatACallerCanChoose() throws IOException {
        int withoutFlags = 0;
        for (Program program : Tables.read(Path.of("../src/protocol"))) {
            Map<String, String> sources = JavaEmitter.emit(program);
            for (Area area : program.areas()) {
                for (List<Stub> stubs : stubs(sources, area).values()) {
                    for (Stub stub : stubs) {
                        assertThat(stub.parameters()).doesNotContain("long flags");
                        if (stub.doc().contains("flags: uint")) {
                            withoutFlags++;
                        }
                    }
                }
            }
        }
        assertThat(withoutFlags).as("two of each").isGreaterThan(200);
    }

    @Test
    void whatIsOneOfSeveralIsAnEnum() throws IOException {
        List<Program> programs = Tables.read(Path.of("../src/protocol"));
        Program remote = programs.stream()
                .filter(program -> program.name().equals("remote"))
                .findFirst()
                .orElseThrow();
        Map<String, String> sources = JavaEmitter.emit(remote);
        assertThat(parameters(remote, sources, "Domain", "domainGetMetadata")).contains("DomainMetadataType type");
        assertThat(parameters(remote, sources, "Node", "nodeGetCpuStats"))
                .as("a number, for which an enum has one special value")
                .contains("int cpuNum");
    }

    private static String parameters(Program program, Map<String, String> sources, String area, String method) {
        Area wanted = program.areas().stream()
                .filter(one -> one.name().equals(area))
                .findFirst()
                .orElseThrow();
        return stubs(sources, wanted).get(method).get(0).parameters();
    }

    /** The methods of an area by their names; of two with one name the shorter comes first. */
    private static Map<String, List<Stub>> stubs(Map<String, String> sources, Area area) {
        String source = sources.entrySet().stream()
                .filter(entry -> entry.getKey().endsWith("/" + area.name() + "Calls.java"))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse("");
        Map<String, List<Stub>> stubs = new HashMap<>();
        Matcher matcher = METHOD.matcher(source);
        while (matcher.find()) {
            stubs.computeIfAbsent(matcher.group(2), name -> new ArrayList<>())
                    .add(new Stub(matcher.group(1), matcher.group(3).strip()));
        }
        return stubs;
    }
}
