// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The tables as plain text: what a test counts without the parser whose work it tests. */
final class TableTexts {
    /** Each call and each message has a number at the beginning of a line. */
    private static final Pattern STATEMENT = Pattern.compile("(?m)^(?:event )?\\d+ [A-Z](?:.|\\R(?=[ )]))*");

    private TableTexts() {}

    /** Each call and each message of all programs, with its lines. */
    static Stream<String> statements() {
        return statements(Path.of("../src/protocol"));
    }

    /** Each call and each message of one program. */
    static Stream<String> statements(String program) {
        return statements(Path.of("../src/protocol", program));
    }

    private static Stream<String> statements(Path folder) {
        List<Path> tables;
        try (Stream<Path> files = Files.walk(folder)) {
            tables = files.filter(file -> file.toString().endsWith(".table")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return tables.stream()
                .flatMap(table -> STATEMENT.matcher(text(table)).results().map(MatchResult::group));
    }

    private static String text(Path table) {
        try {
            return Files.readString(table);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
