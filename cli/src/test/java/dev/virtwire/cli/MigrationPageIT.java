// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What docs/migration.md names of virsh is a command of virsh. */
class MigrationPageIT {
    private static final Pattern FIRST_CELL = Pattern.compile("(?m)^\\| ((?:`[^`|]+`(?:, )?)+) \\|.*\\|.*\\|.*\\|$");
    private static final Pattern NAMED = Pattern.compile("`([a-z][\\w-]*)[^`]*`");
    private static final Pattern LINE = Pattern.compile("(?m)^virsh ([a-z][\\w-]*)");
    private static final Pattern COMMAND = Pattern.compile("(?m)^ {4}([a-z][\\w-]*)");

    @Test
    void commandsOfVirshAreThere() throws IOException, InterruptedException {
        String page = Files.readString(Path.of("..", "docs", "migration.md"));
        String byHand = page.substring(0, page.indexOf("<!-- From here on generated"));
        Set<String> named = FIRST_CELL
                .matcher(byHand)
                .results()
                .flatMap(row -> NAMED.matcher(row.group(1)).results())
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        LINE.matcher(byHand).results().forEach(line -> named.add(line.group(1)));
        assertThat(named).hasSizeGreaterThan(80);

        Process virsh = new ProcessBuilder("virsh", "help")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String help = new String(virsh.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(virsh.waitFor()).isZero();
        Set<String> there =
                COMMAND.matcher(help).results().map(found -> found.group(1)).collect(Collectors.toSet());
        assertThat(there).containsAll(named);
    }
}
