// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A row of a table of this folder: columns parted by bars, and before them in brackets the name of a deviation, if ours
 * shall differ.
 *
 * @param deviation the name in docs/connecting.md
 * @param columns without the blanks around them
 */
public record TableRow(Optional<String> deviation, List<String> columns) {
    /** The rows of a resource. */
    public static List<TableRow> of(String name) {
        try (InputStream in = TableRow.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalArgumentException("no resource " + name);
            }
            List<TableRow> rows = new ArrayList<>();
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                Optional<String> deviation =
                        line.startsWith("[") ? Optional.of(line.substring(1, line.indexOf(']'))) : Optional.empty();
                String rest = line.startsWith("[") ? line.substring(line.indexOf(']') + 1) : line;
                List<String> columns = new ArrayList<>();
                for (String column : rest.split("\\|", -1)) {
                    columns.add(column.strip());
                }
                rows.add(new TableRow(deviation, columns));
            }
            return rows;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return deviation.map(name -> "[" + name + "] ").orElse("") + String.join(" | ", columns);
    }
}
