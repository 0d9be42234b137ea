// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.image.ImageException;
import dev.virtwire.image.ReplacedFileException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A file that this program may not open, or that is one too many, is not damaged by that. */
class ProblemsTest {
    private static final Path FILE = Path.of("vda.qcow2");

    private static ImageException causedBy(IOException cause) {
        return new ImageException(FILE, "cannot be opened", ImageException.NO_OFFSET, cause);
    }

    @Test
    void whatIsNotTheFilesFaultSaysNothingOfIt() {
        IOException tooMany = new FileSystemException("vda.qcow2", null, "Too many open files");
        IOException replaced = new ReplacedFileException(FILE, null);
        for (IOException cause : new IOException[] {new AccessDeniedException("vda.qcow2"), tooMany, replaced}) {
            assertThat(Problems.saysNothingOfTheFile(cause)).isTrue();
            assertThat(Problems.saysNothingOfTheFile(causedBy(cause))).isTrue();
        }
        assertThat(Problems.reason(tooMany)).isEqualTo("too many open files: raise the limit (ulimit -n)");
    }

    @Test
    void aFileThatTheMediumDoesNotGiveBackIsDamaged() {
        assertThat(Problems.saysNothingOfTheFile(causedBy(new IOException("Input/output error"))))
                .isFalse();
        assertThat(Problems.saysNothingOfTheFile(new FileSystemException("vda.qcow2", null, "Input/output error")))
                .isFalse();
        assertThat(Problems.saysNothingOfTheFile(new NoSuchFileException("vda.qcow2")))
                .isFalse();
    }
}
