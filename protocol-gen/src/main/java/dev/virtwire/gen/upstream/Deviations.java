// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.table.Position;
import dev.virtwire.gen.table.TableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The differences that are meant. Each is a line as {@code check} prints it, without the place in brackets, below
 * comment lines that give the reason.
 */
public final class Deviations {
    private final Map<String, Position> entries;

    private Deviations(Map<String, Position> entries) {
        this.entries = entries;
    }

    /**
     * Reads the list; no file is an empty list.
     *
     * @throws TableException for each entry without a reason and each that stands twice
     */
    public static Deviations read(Path file) throws IOException {
        return Files.exists(file) ? parse(file.toString(), Files.readString(file)) : new Deviations(Map.of());
    }

    static Deviations parse(String file, String text) {
        Map<String, Position> entries = new LinkedHashMap<>();
        List<String> errors = new ArrayList<>();
        boolean reason = false;
        int number = 0;
        for (String line : text.lines().map(String::strip).toList()) {
            Position position = new Position(file, ++number);
            if (line.isEmpty()) {
                reason = false;
            } else if (line.startsWith("#")) {
                reason = true;
            } else {
                if (!reason) {
                    errors.add(position + ": no reason is given above: " + line);
                }
                if (entries.put(line, position) != null) {
                    errors.add(position + ": stands there twice: " + line);
                }
            }
        }
        if (!errors.isEmpty()) {
            throw new TableException(errors);
        }
        return new Deviations(entries);
    }

    /** Those differences that are not meant. */
    public List<Difference> unexpected(List<Difference> differences) {
        return differences.stream()
                .filter(difference -> !entries.containsKey(difference.text()))
                .toList();
    }

    /** Entries on programs that were compared which no difference matches any more, each with its file and line. */
    public List<String> stale(Checker.Result result) {
        List<String> texts = result.differences().stream().map(Difference::text).toList();
        List<String> stale = new ArrayList<>();
        entries.forEach((text, position) -> {
            String program = text.split("[ :]")[0];
            if (result.programs().contains(program) && !texts.contains(text)) {
                stale.add(position + ": stale, there is no such difference: " + text);
            }
        });
        return stale;
    }
}
