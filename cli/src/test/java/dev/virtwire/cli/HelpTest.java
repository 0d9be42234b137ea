// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.cli.command.VirtwireCommand;
import dev.virtwire.cli.manual.Examples;
import dev.virtwire.cli.manual.Examples.Example;
import dev.virtwire.cli.manual.Topic;
import dev.virtwire.cli.output.Console;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.Interruption;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What help says beyond the options. */
class HelpTest {
    private static final int COLUMNS = 80;
    private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

    private static Console console() {
        return new Console(System.out, System.err, false, Map.of(), Interruption.none(System.err));
    }

    @Test
    void everyCommandHasExamplesThatItUnderstands() {
        CommandLine root = CommandTree.of(new VirtwireCommand(console()), List.of());
        assertThat(Examples.all().keySet())
                .containsExactlyInAnyOrderElementsOf(root.getSubcommands().keySet());
        Examples.all().forEach((name, examples) -> {
            for (Example example : examples) {
                List<String> words = new ArrayList<>();
                for (Matcher word = WORD.matcher(example.line().replaceFirst(" > .*", "")); word.find(); ) {
                    words.add(word.group(1) == null ? word.group(2) : word.group(1));
                }
                assertThat(words.get(0)).isEqualTo("virtwire");
                assertThat(words).contains(name);
                // Throws if it makes no sense.
                root.parseArgs(words.subList(1, words.size()).toArray(String[]::new));
            }
        });
    }

    @Test
    void examplesStandUnderTheOptions() {
        assertThat(CommandRun.of("hold", "--help").out()).endsWith("""

            Examples:
              # Before a risky upgrade
              virtwire hold /backups web1@20261122T190000Z-full --reason upgrade
            """);
        assertThat(CommandRun.of("help", "prune").out()).contains("\nExamples:\n");
    }

    @Test
    void topicsAreExplained() {
        assertThat(CommandRun.of("help", "exit-codes").out()).startsWith("Exit codes\n\n    0    done\n");
        String uri = CommandRun.of("help", "uri").out();
        assertThat(uri).startsWith("Usage: virtwire uri [").contains("\nURIs\n");
        String list = CommandRun.of("help").out();
        String help = CommandRun.of("help", "help").out().replaceAll("\\s+", " ");
        for (String name : Topic.NAMES) {
            assertThat(list).contains(name);
            assertThat(help).contains(name);
            assertThat(CommandRun.of("help", name).out())
                    .contains(Topic.of(name).orElseThrow().text())
                    .endsWith("\n");
        }
    }

    /** A list that fills two screens is not read; what more there is to say, help on a command says. */
    @Test
    void theListOfCommandsHasASentenceForEach() {
        String list = CommandRun.of("help").out();
        assertThat(list)
                .contains("\n  prune        Remove the points of a repository, or of some of its domains,\n")
                .contains("that no --keep rule keeps.\n")
                .doesNotContain("A point stays if any rule keeps it");
        assertThat(CommandRun.of("help", "prune").out().replaceAll("\\s+", " "))
                .contains("A point stays if any rule keeps it");
        assertThat(list.lines().count()).isLessThan(70);
    }

    /** picocli cuts lines at slashes and colons too. */
    @Test
    void noUriIsCut() {
        CommandLine root = CommandTree.of(new VirtwireCommand(console()), List.of());
        for (String name : root.getSubcommands().keySet()) {
            assertThat(CommandRun.of("help", name).out().lines())
                    .as(name)
                    .noneMatch(line -> line.strip().startsWith("//"));
        }
    }

    /** Also where a terminal or a log knows no other characters. */
    @Test
    void helpIsInAscii() {
        CommandLine root = CommandTree.of(new VirtwireCommand(console()), List.of());
        for (String name : root.getSubcommands().keySet()) {
            assertThat(CommandRun.of("help", name).out()).as(name).isASCII();
        }
        for (String name : Topic.NAMES) {
            assertThat(Topic.of(name).orElseThrow().text()).as(name).isASCII();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {60, 80, 200})
    void helpIsAsWideAsTheTerminalAndNotMuchWider(int columns) {
        System.setProperty("virtwire.out.columns", String.valueOf(columns));
        try {
            for (String name : List.of("help", "backup", "restore")) {
                String text =
                        CommandRun.of(Map.of("NO_COLOR", "1"), "help", name).out();
                assertThat(text.lines().takeWhile(line -> !line.equals("Examples:")))
                        .as(name)
                        .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(Math.min(columns, 100)));
            }
        } finally {
            System.clearProperty("virtwire.out.columns");
        }
    }

    @Test
    void coloursAreForTerminalsThatHaveThem() {
        assertThat(CommandRun.of("help", "hold").out()).doesNotContain("\u001b");
        System.setProperty("virtwire.out.columns", "80");
        try {
            assertThat(CommandRun.of("help", "hold").out()).contains("\u001b[");
            assertThat(CommandRun.of(Map.of("NO_COLOR", "1"), "help", "hold").out())
                    .doesNotContain("\u001b");
            assertThat(CommandRun.of(Map.of("TERM", "dumb"), "help", "hold").out())
                    .doesNotContain("\u001b");
            assertThat(CommandRun.of().err()).startsWith("Usage: virtwire [").doesNotContain("\u001b");
        } finally {
            System.clearProperty("virtwire.out.columns");
        }
    }

    @Test
    void linesOfTopicsFitATerminal() {
        for (String name : Topic.NAMES) {
            assertThat(Topic.of(name).orElseThrow().text().lines())
                    .as(name)
                    .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(COLUMNS));
        }
    }

    @Test
    void everyExitCodeIsExplained() throws Exception {
        String topic = Topic.of("exit-codes").orElseThrow().text();
        String page = Files.readString(Path.of("..", "docs", "command.md"));
        for (Field code : ExitCode.class.getFields()) {
            assertThat(topic).containsPattern("(?m)^    " + code.getInt(null) + " ");
            assertThat(page).contains("| " + code.getInt(null) + " |");
        }
    }

    /** The table of docs/command.md has each variable that the topic has. */
    @Test
    void everyVariableStandsInTheDocumentToo() throws Exception {
        String topic = Topic.of("environment").orElseThrow().text();
        String page = Files.readString(Path.of("..", "docs", "command.md"));
        Matcher variable = Pattern.compile("(?m)^    ([A-Z_]+) ").matcher(topic);
        while (variable.find()) {
            assertThat(page).contains("`" + variable.group(1) + "`");
        }
    }
}
