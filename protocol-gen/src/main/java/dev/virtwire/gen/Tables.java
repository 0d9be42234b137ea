// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen;

import dev.virtwire.gen.model.Linker;
import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.table.TableException;
import dev.virtwire.gen.table.TableFile;
import dev.virtwire.gen.table.TableParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A folder of tables. */
public final class Tables {
    private Tables() {}

    /**
     * Reads and links every {@code *.table} below a folder.
     *
     * @throws TableException with the syntax errors of all tables or else with all other errors
     */
    public static List<Program> read(Path folder) throws IOException {
        return Linker.link(parse(folder));
    }

    /**
     * Reads every {@code *.table} below a folder.
     *
     * @throws TableException with the syntax errors of all tables
     */
    public static List<TableFile> parse(Path folder) throws IOException {
        List<Path> paths;
        try (Stream<Path> walk = Files.walk(folder)) {
            paths = walk.filter(path -> path.toString().endsWith(".table"))
                    .sorted()
                    .toList();
        }
        if (paths.isEmpty()) {
            throw new TableException(List.of(folder + ": no *.table below it"));
        }
        List<TableFile> tables = new ArrayList<>();
        List<String> errors = new ArrayList<>();
        for (Path path : paths) {
            try {
                tables.add(TableParser.parse(path));
            } catch (TableException e) {
                errors.addAll(e.errors());
            }
        }
        if (!errors.isEmpty()) {
            throw new TableException(errors);
        }
        return tables;
    }
}
