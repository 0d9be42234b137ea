// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputTest {
    @Test
    void theFolderHoldsWhatIsGeneratedAndNothingElse(@TempDir Path folder) throws IOException {
        Output.write(folder, Map.of("a/Same.java", "same", "a/Gone.java", "gone", "a/New.java", "old"));
        FileTime old = FileTime.fromMillis(1_000_000);
        Files.setLastModifiedTime(folder.resolve("a/Same.java"), old);
        Files.setLastModifiedTime(folder.resolve("a/New.java"), old);

        Output.write(folder, Map.of("a/Same.java", "same", "a/New.java", "new"));

        assertThat(folder.resolve("a/Gone.java")).doesNotExist();
        assertThat(folder.resolve("a/New.java")).hasContent("new");
        assertThat(Files.getLastModifiedTime(folder.resolve("a/Same.java")))
                .as("untouched, so that an incremental build does not compile it again")
                .isEqualTo(old);
    }
}
