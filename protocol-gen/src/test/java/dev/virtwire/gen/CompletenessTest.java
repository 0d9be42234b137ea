// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtwire.gen.emit.DescriptionEmitter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The description that the client carries, which people and programs read to learn what can be called. */
class CompletenessTest {
    private static final JsonNode DESCRIPTION = describe();

    private static JsonNode describe() {
        try {
            return new ObjectMapper().readTree(DescriptionEmitter.emit(Tables.read(Path.of("../src/protocol"))));
        } catch (IOException e) {
            throw new AssertionError("the tables in src/protocol cannot be read", e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"remote", "qemu", "lxc", "admin", "keepalive"})
    void itHasEveryNumberOfAProgramOnce(String name) {
        int count = Math.toIntExact(TableTexts.statements(name).count());
        List<Integer> numbers = new ArrayList<>();
        Map<Integer, String> since = new HashMap<>();
        for (JsonNode entry : entries(program(name))) {
            numbers.add(entry.get("number").intValue());
            since.put(entry.get("number").intValue(), entry.get("since").textValue());
        }
        assertThat(numbers)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.rangeClosed(1, count).boxed().toList());
        assertThat(since.values()).allMatch(version -> version.matches("\\d+\\.\\d+\\.\\d+"));
    }

    @Test
    void noNameIsThereTwiceInAProgram() {
        for (JsonNode program : DESCRIPTION.get("programs")) {
            Set<String> names = new HashSet<>();
            entries(program)
                    .forEach(entry -> assertThat(names.add(entry.get("name").textValue()))
                            .as("%s in %s", entry.get("name"), program.get("name"))
                            .isTrue());
        }
    }

    @Test
    void everyTypeOfAFieldIsDescribed() {
        Set<String> basic = Set.of(
                "int", "uint", "i64", "u64", "double", "char", "uchar", "ushort", "string", "opaque", "chars", "uuid");
        Set<String> declared = new HashSet<>();
        for (JsonNode program : DESCRIPTION.get("programs")) {
            for (String kind : List.of("structs", "unions", "enums")) {
                program.get(kind).fieldNames().forEachRemaining(declared::add);
            }
        }
        Set<String> unknown = new TreeSet<>();
        for (JsonNode program : DESCRIPTION.get("programs")) {
            for (JsonNode entry : entries(program)) {
                for (String part : List.of("arguments", "result", "body")) {
                    entry.path(part).forEach(field -> {
                        String base = field.get("type").textValue().replaceFirst("[(\\[? ].*", "");
                        if (!basic.contains(base) && !declared.contains(base)) {
                            unknown.add(entry.get("name") + ": " + base);
                        }
                    });
                }
            }
        }
        assertThat(unknown).isEmpty();
    }

    private static JsonNode program(String name) {
        for (JsonNode program : DESCRIPTION.get("programs")) {
            if (program.get("name").textValue().equals(name)) {
                return program;
            }
        }
        throw new AssertionError("the description has no program " + name);
    }

    private static List<JsonNode> entries(JsonNode program) {
        List<JsonNode> entries = new ArrayList<>();
        program.get("procedures").forEach(entries::add);
        program.get("events").forEach(entries::add);
        return entries;
    }
}
