// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The manual as {@code man} shows it. */
class ManPagesIT {
    private static final Path MAN = Path.of("target", "man");

    private static CommandRun man(Path page) {
        return Shell.run(
                Path.of("."),
                Map.of("MANWIDTH", "80", "LC_ALL", "C.UTF-8"),
                List.of("man", "--warnings", "-E", "UTF-8", "-P", "cat", "-l", page.toString()));
    }

    @Test
    void everyPageIsWithoutWarnings() throws IOException {
        try (Stream<Path> pages = Files.list(MAN)) {
            assertThat(pages.toList()).hasSizeGreaterThan(20).allSatisfy(page -> {
                CommandRun run = man(page);
                assertThat(run.err()).as(page.toString()).isEmpty();
                assertThat(run.exitCode()).as(page.toString()).isZero();
                assertThat(run.out()).contains("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "SEE ALSO");
            });
        }
    }

    @Test
    void theMainPageHasWhatConcernsAllCommands() {
        assertThat(man(MAN.resolve("virtwire.1")).out())
                .contains(
                        "ENVIRONMENT", "FILES", "EXAMPLES", "virtwire-backup(1)", "LIBVIRT_DEFAULT_URI", "/etc/libvirt")
                .contains("0    done\n", "virtwire verify /backups --quiet\n");
    }

    @Test
    void aCommandsPageHasItsOptionsAndExamples() {
        assertThat(man(MAN.resolve("virtwire-backup.1")).out())
                .contains("virtwire backup [OPTION]... DOMAIN... DIR")
                .contains("--level LEVEL", "-c, --connect URI", "Options of all commands")
                .contains("virtwire -c qemu:///system backup web1 /backups\n");
    }
}
