// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.function.Function;

/** The scripts are in our jar; bash wants a file. */
final class Scripts {
    private Scripts() {}

    /** Makes a script a file for as long as {@code use} takes. */
    static <T> T use(String name, Function<Path, T> use) {
        try (InputStream script = Objects.requireNonNull(Scripts.class.getResourceAsStream(name))) {
            Path file = Files.createTempFile(name, ".sh");
            try {
                Files.copy(script, file, StandardCopyOption.REPLACE_EXISTING);
                return use.apply(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
