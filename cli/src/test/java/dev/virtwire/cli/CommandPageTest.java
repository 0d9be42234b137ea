// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.cli.command.VirtwireCommand;
import dev.virtwire.cli.output.Console;
import dev.virtwire.cli.output.Interruption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** docs/command.md says what there is, no more and no less. */
class CommandPageTest {
    private static final Path PAGE = Path.of("..", "docs", "command.md");
    private static final Pattern OPTION = Pattern.compile("`(--[a-z-]+)");
    private static final Pattern COMMAND = Pattern.compile("\\| `([a-z-]+)[ `].*");

    private final CommandLine root = CommandTree.of(
            new VirtwireCommand(new Console(System.out, System.err, false, Map.of(), Interruption.none(System.err))),
            List.of());

    @Test
    void everyOptionStandsThereAndNoOther() throws IOException {
        TreeSet<String> options = new TreeSet<>();
        addOptions(root, options);
        root.getSubcommands().values().forEach(command -> addOptions(command, options));
        String page = Files.readString(PAGE);
        assertThat(OPTION.matcher(page)
                        .results()
                        .map(found -> found.group(1))
                        .filter(option -> !option.equals("--json-"))
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(options);
    }

    private static void addOptions(CommandLine command, TreeSet<String> options) {
        for (OptionSpec option : command.getCommandSpec().options()) {
            options.add(option.longestName());
        }
    }

    @Test
    void everyCommandStandsThereAndNoOther() throws IOException {
        String page = Files.readString(PAGE);
        String table = page.substring(page.indexOf("| Command |"), page.indexOf("## Options"));
        assertThat(COMMAND.matcher(table)
                        .results()
                        .map(MatchResult::group)
                        .map(line -> COMMAND.matcher(line).replaceFirst("$1")))
                .containsExactlyElementsOf(root.getSubcommands().keySet());
    }

    /** A value that a shell completes is one that the command takes. */
    @Test
    void completionOffersTheWordsThatAnOptionTakes() {
        List<String> refused = new ArrayList<>();
        TreeSet<String> completed = new TreeSet<>();
        for (CommandLine command : root.getSubcommands().values()) {
            for (OptionSpec option : command.getCommandSpec().options()) {
                for (String word :
                        option.completionCandidates() == null ? List.<String>of() : option.completionCandidates()) {
                    completed.add(option.longestName());
                    try {
                        option.converters()[0].convert(word);
                    } catch (Exception e) {
                        refused.add(option.longestName() + " " + word);
                    }
                }
            }
        }
        assertThat(refused).isEmpty();
        assertThat(completed).contains("--level", "--mode", "--compress", "--depth", "--format");
    }
}
