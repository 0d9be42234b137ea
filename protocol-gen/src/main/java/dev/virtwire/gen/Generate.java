// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen;

import dev.virtwire.gen.emit.DescriptionEmitter;
import dev.virtwire.gen.emit.JavaEmitter;
import dev.virtwire.gen.emit.Output;
import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.table.TableException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the client's build runs: tables in, Java and the description out. It throws instead of leaving the process, for
 * that process is Maven's.
 */
public final class Generate {
    private Generate() {}

    /**
     * Generates.
     *
     * @param arguments the folder of the tables, the folder for Java sources, the folder for resources
     * @throws TableException with every error in the tables
     */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 3) {
            throw new IllegalArgumentException("usage: Generate TABLES SOURCES RESOURCES");
        }
        List<Program> programs = Tables.read(Path.of(arguments[0]).normalize());
        Map<String, String> sources = new HashMap<>();
        programs.forEach(program -> sources.putAll(JavaEmitter.emit(program)));
        Output.write(Path.of(arguments[1]), sources);
        Output.write(
                Path.of(arguments[2]), Map.of("META-INF/virtwire/protocol.json", DescriptionEmitter.emit(programs)));
    }
}
