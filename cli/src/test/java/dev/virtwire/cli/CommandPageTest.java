// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.cli.command.VirtwireCommand;
import dev.virtwire.cli.output.Console;
import dev.virtwire.cli.output.Interruption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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

    @Test
    void completionKnowsEveryCommand() {
        String script = CommandRun.of("completion").out();
        assertThat(script).startsWith("#!/usr/bin/env bash\n");
        root.getSubcommands()
                .keySet()
                .forEach(name -> assertThat(script).contains("_picocli_virtwire_" + name.replace("-", "")));
        assertThat(CommandRun.of("completion", "zsh").out()).isEqualTo(script);
        assertThat(CommandRun.of("completion", "fish"))
                .isEqualTo(new CommandRun(2, "", "error: there is a completion for bash and zsh, not for 'fish'\n"));
    }

    @Test
    void bashCompletesOptionsAndTheDomainsOfARepository(@TempDir Path folder) throws Exception {
        Files.writeString(
                folder.resolve("completion"), CommandRun.of("completion").out());
        Files.writeString(Files.createDirectory(folder.resolve("backups")).resolve("virtwire.json"), "{}");
        for (String domain : List.of("web1", "web2", "db")) {
            Files.createDirectory(folder.resolve("backups").resolve(domain));
        }
        assertThat(complete(folder, "restore backups we")).isEqualTo("web1 web2");
        assertThat(complete(folder, "verify backups ''")).isEqualTo("db web1 web2");
        assertThat(complete(folder, "backup --level ''")).isEqualTo("auto full incremental");
        assertThat(complete(folder, "verify backups --dep")).isEqualTo("--depth");
        assertThat(complete(folder, "doma")).isEqualTo("domains");
        assertThat(complete(folder, "call DomainBackupB")).isEqualTo("DomainBackupBegin");
    }

    @Test
    void aFolderThatIsNamedLikeACommandIsNotRun(@TempDir Path folder) throws Exception {
        Files.writeString(
                folder.resolve("completion"), CommandRun.of("completion").out());
        Path backups = Files.createDirectory(folder.resolve("backups"));
        Files.writeString(backups.resolve("virtwire.json"), "{}");
        Files.createDirectory(backups.resolve("web1"));
        Files.createDirectory(backups.resolve("$(touch hit)"));
        Files.createDirectory(backups.resolve("`touch hit`"));

        assertThat(complete(folder, "verify backups ''")).isEqualTo("web1");
        assertThat(folder.resolve("hit")).doesNotExist();
    }

    private static String complete(Path folder, String words) throws Exception {
        String script = "compopt() { :; }; source ./completion; COMP_WORDS=(virtwire " + words
                + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1));" + " _virtwire; echo -n ${COMPREPLY[@]}";
        Process bash = new ProcessBuilder("bash", "-c", script)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        return new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
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
