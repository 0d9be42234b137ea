// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What zsh and fish offer, and what each shell offers of a real host. What bash offers else is a test of the module
 * cli.
 */
@ExtendWith(LibvirtdExtension.class)
class CompletionIT {
    private static final String POINT = "20261122T190000Z-full";
    private static final Path COMPLETIONS = Path.of("target", "completions").toAbsolutePath();

    @TempDir
    Path folder;

    @BeforeEach
    void makeRepository() throws IOException {
        Path backups = Files.createDirectory(folder.resolve("backups"));
        Files.writeString(backups.resolve("virtwire.json"), "{}");
        for (String domain : List.of("web1", "web2", "db", "$(touch hit)")) {
            Files.createDirectories(backups.resolve(domain).resolve(POINT));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        doma                               | domains
        -c qemu:///system sta              | stats status
        backup --level ''                  | auto full incremental
        backup --level=in                  | incremental
        verify --dep                       | --depth
        verify backups --depth d           | digests
        verify ba                          | backups
        verify backups ''                  | db web1 web2
        verify --depth full backups we     | web1 web2
        verify backups web1@20             | web1@20261122T190000Z-full
        restore backups web2 --to back     | backups
        status backups web1 d              | db
        completion f                       | fish
        help exit                          | exit-codes
        help bac                           | backup
        call DomainBackupB                 | DomainBackupBegin
        """)
    void whatIsAcceptedIsOffered(String line, String offers) {
        String whole = "virtwire " + line.replace("''", "");
        assertThat(inZsh(whole)).as("zsh").containsExactlyInAnyOrder(offers.split(" "));
        assertThat(inFish(whole)).as("fish").containsExactlyInAnyOrder(offers.split(" "));
        assertThat(folder.resolve("hit")).doesNotExist();
    }

    @Test
    void theHostIsAskedForItsDomains(Libvirtd libvirtd) {
        try (Guest one = guest(libvirtd, "complete-1");
                Guest two = guest(libvirtd, "complete-2")) {
            List<String> names = List.of(one.name(), two.name());
            String uri = libvirtd.tcpUri();
            assertThat(inBash("virtwire -c " + uri + " info comp")).containsExactlyInAnyOrderElementsOf(names);
            assertThat(inZsh("virtwire -c " + uri + " info comp")).containsExactlyInAnyOrderElementsOf(names);
            assertThat(inFish("virtwire -c " + uri + " info comp")).containsExactlyInAnyOrderElementsOf(names);
            assertThat(inBash("virtwire --connect=" + uri + " backup complete-1 comp"))
                    .containsExactlyInAnyOrderElementsOf(names);
        }
    }

    private static Guest guest(Libvirtd libvirtd, String name) {
        return Guest.on(libvirtd, name).disk(GuestDisk.qcow2(1 << 20)).start();
    }

    private List<String> inZsh(String line) {
        Path harness =
                Path.of("src/test/resources/dev/virtwire/dist/complete-in-zsh").toAbsolutePath();
        return run(
                "zsh",
                "-f",
                harness.toString(),
                COMPLETIONS.resolve("_virtwire").toString(),
                line);
    }

    private List<String> inFish(String line) {
        return run(
                        "fish",
                        "--no-config",
                        "-c",
                        "source $argv[1]; complete -C $argv[2]",
                        COMPLETIONS.resolve("virtwire.fish").toString(),
                        line)
                .stream()
                // A word, and what it means.
                .map(offer ->
                        offer.replaceFirst("\t.*", "").replaceFirst("/$", "").replaceFirst("^--[a-z-]+=", ""))
                .toList();
    }

    /** Cut at blanks, as a bash does that cuts nowhere else. */
    private List<String> inBash(String line) {
        List<String> command = new ArrayList<>(List.of("bash", "-c", """
            compopt() { :; } # not in a completion of its own
            source "$1"
            COMP_LINE=$2 COMP_POINT=${#2}
            COMP_WORDS=($2) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _virtwire virtwire "${COMP_WORDS[COMP_CWORD]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """, "bash"));
        command.addAll(List.of(COMPLETIONS.resolve("virtwire").toString(), line));
        return run(command.toArray(String[]::new));
    }

    private List<String> run(String... command) {
        return Shell.output(
                        folder,
                        Map.of(
                                "PATH",
                                Launcher.script().getParent() + ":" + System.getenv("PATH"),
                                "HOME",
                                folder.toString(),
                                "TERM",
                                "dumb"),
                        command)
                .lines()
                .toList();
    }
}
