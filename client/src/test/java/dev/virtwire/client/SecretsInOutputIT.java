// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Searches all that the other suites have put out: their logs at TRACE, and their reports, which have what was printed
 * and the stack traces. The build runs it after all of them.
 */
class SecretsInOutputIT {
    private static final Path BUILD = Path.of("target");

    /** As dumps of packets show bytes; a dump may break the line, so a part has to do. */
    private static final int HEX_PART = 20;

    @Test
    void noneOfIt() throws IOException {
        List<Path> output = files(BUILD, "trace-.+\\.log");
        output.addAll(files(BUILD.resolve("failsafe-reports"), "(TEST-)?dev\\.virtwire\\.(?!.*SecretsInOutputIT).*"));
        List<String> secrets = new ArrayList<>(List.of("private key-----"));
        passwords().forEach(password -> secrets.addAll(forms(password)));
        List<String> found = new ArrayList<>();
        long lines = 0;
        boolean traced = false;
        for (Path file : output) {
            try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
                String line;
                while ((line = reader.readLine()) != null) {
                    lines++;
                    traced |= line.contains(" TRACE ");
                    String searched = line.toLowerCase(Locale.ROOT);
                    if (secrets.stream().anyMatch(searched::contains)) {
                        found.add(file + ": " + line);
                    }
                }
            }
        }
        System.out.printf("%d lines of %d files searched for secrets%n", lines, output.size());
        assertThat(found).isEmpty();
        assertThat(traced || output.isEmpty()).isTrue();
    }

    /** What the suites of this module log in by. */
    List<String> passwords() {
        return List.of(SaslSetup.PASSWORD, LoginAttempts.WRONG, TlsIT.SECRET);
    }

    /** How a secret may stand in output, in small letters. */
    static List<String> forms(String secret) {
        List<String> forms = new ArrayList<>(List.of(secret.toLowerCase(Locale.ROOT)));
        for (String between : List.of("", " ", ":")) {
            forms.add(HexFormat.ofDelimiter(between)
                    .formatHex(secret.getBytes(StandardCharsets.UTF_8))
                    .substring(0, HEX_PART));
        }
        return forms;
    }

    private static List<Path> files(Path folder, String name) throws IOException {
        if (!Files.isDirectory(folder)) {
            return new ArrayList<>();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return new ArrayList<>(
                    files.filter(file -> file.getFileName().toString().matches(name))
                            .toList());
        }
    }
}
