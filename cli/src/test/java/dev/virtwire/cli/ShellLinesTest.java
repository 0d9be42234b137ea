// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.virtwire.cli.command.VirtwireCommand;
import dev.virtwire.cli.output.Console;
import dev.virtwire.cli.output.Interruption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The command understands the lines of it that pages show in blocks of their own. */
class ShellLinesTest {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(?:sh)?\n(.*?)^```$");
    private static final Pattern LINE = Pattern.compile("(?m)^virtwire (.*?)(?: +#.*)?$");

    private final CommandLine root = CommandTree.of(
            new VirtwireCommand(new Console(System.out, System.err, false, Map.of(), Interruption.none(System.err))),
            List.of());

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "docs/migration.md"})
    void linesOfPagesAreUnderstood(String page) throws IOException {
        List<String> lines = BLOCK.matcher(Files.readString(Path.of("..", page)))
                .results()
                .flatMap(block -> LINE.matcher(block.group(1)).results())
                .map((MatchResult line) -> line.group(1))
                .toList();
        assertThat(lines).hasSizeGreaterThan(5);
        for (String line : lines) {
            assertThatCode(() -> root.parseArgs(line.split(" "))).as(line).doesNotThrowAnyException();
        }
    }
}
