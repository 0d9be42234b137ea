// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stays in a folder of jars. */
class StaleJarsTest {
    private static final String COMMAND = "virtwire-cli-0.2.0.jar";

    @TempDir
    private Path lib;

    @BeforeEach
    void putTheCommand() throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        // Longer than a line of a manifest.
        manifest.getMainAttributes()
                .put(
                        Attributes.Name.CLASS_PATH,
                        "virtwire-client-0.2.0.jar virtwire-repository-0.2.0.jar a-library-with-a-long-name-1.1.jar");
        try (OutputStream out = Files.newOutputStream(lib.resolve(COMMAND));
                JarOutputStream jar = new JarOutputStream(out, manifest)) {
            jar.finish();
        }
        put("virtwire-client-0.2.0.jar", "virtwire-repository-0.2.0.jar", "a-library-with-a-long-name-1.1.jar");
    }

    private void put(String... names) throws IOException {
        for (String name : names) {
            Files.createFile(lib.resolve(name));
        }
    }

    private void clear() throws IOException {
        StaleJars.main(new String[] {lib.toString(), COMMAND});
    }

    @Test
    void whatTheCommandDoesNotNameIsTakenAway() throws IOException {
        put("virtwire-cli-0.1.0.jar", "virtwire-client-0.1.0.jar", "a-library-with-a-long-name-1.0.jar");
        put("virtwire.classes");

        clear();

        try (Stream<Path> left = Files.list(lib)) {
            assertThat(left.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            COMMAND,
                            "virtwire-client-0.2.0.jar",
                            "virtwire-repository-0.2.0.jar",
                            "a-library-with-a-long-name-1.1.jar",
                            "virtwire.classes");
        }
    }

    @Test
    void aJarThatIsMissingIsNamed() throws IOException {
        Files.delete(lib.resolve("virtwire-client-0.2.0.jar"));

        assertThatThrownBy(this::clear).hasMessageEndingWith("lacks [virtwire-client-0.2.0.jar]");
    }
}
