// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.gen.model.Linker;
import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.table.TableParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is generated for each shape, to the letter, so that a change of the generator can be reviewed by its effect.
 * {@code mvn -pl protocol-gen -am test -Dgolden.write=true} writes the files again.
 */
class GoldenTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden");

    static Stream<String> shapes() {
        return Stream.of(
                "void",
                "optional",
                "union",
                "fixed-opaque",
                "bounded-array",
                "wide-chars",
                "event",
                "stream",
                "flags-and-enum",
                "secret");
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void aShapeIsGeneratedAsItWas(String shape) throws IOException {
        List<Program> programs = programs(shape);
        StringBuilder text = new StringBuilder();
        JavaEmitter.emit(programs.get(0))
                .forEach((path, source) -> text.append("// ==== ")
                        .append(path.substring(path.lastIndexOf('/') + 1))
                        .append('\n')
                        .append(source)
                        .append('\n'));
        text.append("// ==== protocol.json\n").append(DescriptionEmitter.emit(programs));

        Path golden = FOLDER.resolve(shape + ".golden");
        if (Boolean.getBoolean("golden.write")) {
            Files.writeString(golden, text);
        }
        assertThat(text.toString()).isEqualTo(Files.readString(golden));
    }

    @Test
    void everyShapeCompilesWithoutAWarning(@TempDir Path classes) throws IOException {
        Map<String, String> sources = new HashMap<>();
        for (String shape : shapes().toList()) {
            sources.putAll(JavaEmitter.emit(programs(shape).get(0)));
        }
        Compiled.compile(sources, classes);
    }

    private static List<Program> programs(String shape) throws IOException {
        String name = shape + ".table";
        return Linker.link(List.of(TableParser.parse(name, Files.readString(FOLDER.resolve(name)))));
    }
}
