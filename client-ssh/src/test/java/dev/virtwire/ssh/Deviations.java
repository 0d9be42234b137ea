// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where docs/connecting.md says that we do something else than OpenSSH, on purpose. */
public final class Deviations {
    private static final Path PAGE = Path.of("..", "docs", "connecting.md");
    private static final String HEADING = "### Where it differs from OpenSSH";
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z0-9-]+)` \\|");

    private Deviations() {}

    /** The names in the first column of its table. */
    public static Set<String> documented() {
        try {
            String page = Files.readString(PAGE);
            int begin = page.indexOf(HEADING);
            if (begin < 0) {
                throw new IllegalStateException(PAGE + " has no '" + HEADING + "'");
            }
            int end = page.indexOf("\n##", begin + HEADING.length());
            Matcher rows = ROW.matcher(page.substring(begin, end));
            Set<String> names = new TreeSet<>();
            while (rows.find()) {
                names.add(rows.group(1));
            }
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
