// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What bash offers. The module dist asks zsh and fish too, and a host. */
class CompletionTest {
    private static final String POINT = "20261122T190000Z-full";

    /** Bash cuts words there, and only there does it keep what it cuts at. */
    private static final Pattern WORD = Pattern.compile("[=:@]+|[^ =:@]+");

    @TempDir
    Path folder;

    @BeforeEach
    void makeRepository() throws IOException {
        Files.writeString(
                folder.resolve("completion"), CommandRun.of("completion").out());
        Path backups = Files.createDirectory(folder.resolve("backups"));
        Files.writeString(backups.resolve("virtwire.json"), "{}");
        for (String domain : List.of("web1", "web2", "db", ".lost", "$(touch hit)", "`touch hit`")) {
            Files.createDirectories(backups.resolve(domain).resolve(POINT));
        }
        Files.createDirectory(backups.resolve("web1/$(touch hit)T0Z-full"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        doma                               | domains
        -c qemu:///system st               | stats status
        --connect=qemu:///system doma      | domains
        --connect qemu:///system --qu      | --quiet
        backup --level ''                  | auto full incremental
        backup --level=''                  | auto full incremental
        backup --level=in                  | incremental
        backup --level FU                  |
        backup --jobs ''                   |
        backup web1 back                   | backups
        verify --dep                       | --depth
        verify backups --depth d           | digests
        verify ba                          | backups
        verify backups ''                  | db web1 web2
        verify --depth full backups we     | web1 web2
        verify backups web1@               | @20261122T190000Z-full
        verify backups web1@20             | @20261122T190000Z-full
        verify backups web1 ''             |
        restore backups web2 --to back     | backups
        status backups web1 d              | db
        hold backups web2@2                | @20261122T190000Z-full
        call DomainBackupB                 | DomainBackupBegin
        completion f                       | fish
        help exit                          | exit-codes
        help bac                           | backup
        upload pool/volume comp            | completion
        frobnicate ''                      |
        """)
    void bashOffersWhatIsAccepted(String line, String offers) throws Exception {
        assertThat(complete(line.replace("''", "")).split(" "))
                .containsExactlyInAnyOrder((offers == null ? "" : offers).split(" "));
    }

    @Test
    void bashKeepsWhatItDoesNotCutAt() throws Exception {
        assertThat(bash("virtwire backup --level=f", List.of("virtwire", "backup", "--level=f"), "--level=f"))
                .isEqualTo("--level=full");
        assertThat(bash("virtwire verify backups web1@", List.of("virtwire", "verify", "backups", "web1@"), "web1@"))
                .isEqualTo("web1@" + POINT);
    }

    /** Whoever can write a repository chooses the names in it. */
    @Test
    void aFolderThatIsNamedLikeACommandIsNotRun() throws Exception {
        assertThat(complete("verify backups ")).isEqualTo("db web1 web2");
        assertThat(complete("verify backups web1@")).isEqualTo("@" + POINT);
        assertThat(folder.resolve("hit")).doesNotExist();
    }

    @Test
    void eachShellHasItsScriptAndOthersHaveNone() {
        assertThat(CommandRun.of("completion", "bash")).isEqualTo(CommandRun.of("completion"));
        assertThat(CommandRun.of("completion", "zsh").out()).startsWith("#compdef virtwire\n");
        assertThat(CommandRun.of("completion", "fish").out()).contains("complete -c virtwire ");
        assertThat(CommandRun.of("completion", "tcsh"))
                .isEqualTo(
                        new CommandRun(2, "", "error: there is a completion for bash, zsh and fish, not for 'tcsh'\n"));
    }

    /** Cuts a line as bash does. What it replaces begins behind the last = or :, or with the last @. */
    private String complete(String line) throws Exception {
        String whole = "virtwire " + line;
        List<String> words = new ArrayList<>(
                WORD.matcher(whole).results().map(MatchResult::group).toList());
        if (whole.endsWith(" ")) {
            words.add("");
        }
        return bash(whole, words, whole.replaceFirst(".*(?=@)|.*[ =:]", ""));
    }

    private String bash(String line, List<String> words, String replaced) throws Exception {
        List<String> command = new ArrayList<>(List.of("bash", "-c", """
            compopt() { :; } # not in a completion of its own
            source ./completion
            COMP_LINE=$1 COMP_POINT=${#1} replaced=$2
            shift 2
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            _virtwire virtwire "$replaced"
            echo -n "${COMPREPLY[*]}"
            """, "bash", line, replaced));
        command.addAll(words);
        Process bash = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        return new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
