// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An image could not be read or written, or is not what it should be. The message is one sentence that begins with the
 * file and, if there is one, ends with the offset in that file.
 *
 * @since 0.1
 */
public final class ImageException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Stands for "no particular place" in {@link #fileOffset()}. */
    public static final long NO_OFFSET = -1;

    private final transient Path file;
    private final long fileOffset;
    private final String text;

    /** Something is wrong with the file as a whole. */
    public ImageException(Path file, String text) {
        this(file, text, NO_OFFSET, null);
    }

    /** Something is wrong at one place of the file. */
    public ImageException(Path file, String text, long fileOffset) {
        this(file, text, fileOffset, null);
    }

    /** As the others, with what caused it; {@code fileOffset} may be {@link #NO_OFFSET}. */
    public ImageException(Path file, String text, long fileOffset, @Nullable Throwable cause) {
        super(file + ": " + text + (fileOffset == NO_OFFSET ? "" : " (file offset " + fileOffset + ")"), cause);
        this.file = file;
        this.fileOffset = fileOffset;
        this.text = text;
    }

    /** The file that is meant. */
    public Path file() {
        return file;
    }

    /** What is wrong, without file and offset. */
    public String text() {
        return text;
    }

    /**
     * Whether the file was replaced or removed while it was read. Then nothing is wrong with the image: it can be
     * opened again. See {@link ReplacedFileException}.
     */
    public boolean isReplaced() {
        return ReplacedFileException.isCauseOf(this);
    }

    /** The byte in the file where it went wrong, or {@link #NO_OFFSET}. */
    public long fileOffset() {
        return fileOffset;
    }
}
