// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** docs/design/backup.md, as far as tests hold it to its word. */
final class BackupPage {
    private static final Path PAGE = Path.of("..", "docs", "design", "backup.md");
    private static final Pattern ROW = Pattern.compile("^\\| `([A-Za-z0-9]+)` \\|", Pattern.MULTILINE);

    private BackupPage() {}

    /** The simple names of the classes that a full pull enters, in reading order. */
    static List<String> classes() throws IOException {
        return ROW.matcher(Files.readString(PAGE))
                .results()
                .map(MatchResult::group)
                .map(row -> row.substring(3, row.indexOf('`', 3)))
                .toList();
    }
}
