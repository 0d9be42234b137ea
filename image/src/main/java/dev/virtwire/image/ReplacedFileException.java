// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file that is being read had to be opened again, and under its name there is another file now, or none. What was
 * read before is what it was; who wants to read on opens everything again.
 *
 * @since 0.1
 */
public final class ReplacedFileException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Of the file with that name. */
    public ReplacedFileException(Path file, @Nullable Throwable cause) {
        super(file + " was replaced or removed while it was read", cause);
    }

    /** Whether an error comes from such a file. */
    public static boolean isCauseOf(Throwable error) {
        for (Throwable each = error; each != null; each = each.getCause()) {
            if (each instanceof ReplacedFileException) {
                return true;
            }
        }
        return false;
    }
}
