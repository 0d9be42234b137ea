// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.format;

import dev.virtwire.image.ReplacedFileException;
import dev.virtwire.repository.RepositoryException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/** What the operating system refused, as a sentence. */
public final class Problems {
    private Problems() {}

    /** An error that says what could not be done with which file, and why. */
    public static RepositoryException with(String action, Path file, IOException cause) {
        return new RepositoryException("cannot " + action + " " + file + ": " + reason(cause), cause);
    }

    /**
     * Whether a file that could not be read may still be whole: this program has not the right, has too many files
     * open, or another file took its place meanwhile.
     */
    public static boolean saysNothingOfTheFile(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String text = String.valueOf(cause.getMessage());
            if (cause instanceof AccessDeniedException
                    || cause instanceof ReplacedFileException
                    || cause instanceof ClosedByInterruptException
                    || (cause instanceof FileSystemException && text.contains("Too many open files"))) {
                return true;
            }
        }
        return false;
    }

    /** Whether something failed because a file system is full, or a quota is used up. */
    public static boolean isForLackOfRoom(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException && isForLackOfRoom(String.valueOf(cause.getMessage()))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isForLackOfRoom(String text) {
        return text.contains("No space left on device") || text.contains("Disk quota exceeded");
    }

    /** Why the operating system refused, in lower-case words without a full stop. */
    public static String reason(IOException cause) {
        if (cause instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (cause instanceof NoSuchFileException missing) {
            return "no such file or folder" + (missing.getFile() == null ? "" : " (" + missing.getFile() + ")");
        }
        if (cause instanceof FileAlreadyExistsException) {
            return "it exists already";
        }
        if (cause instanceof NotDirectoryException) {
            return "it is not a folder";
        }
        if (cause instanceof DirectoryNotEmptyException) {
            return "the folder is not empty";
        }
        String text = cause instanceof FileSystemException system ? system.getReason() : cause.getMessage();
        if (text != null && text.contains("Too many open files")) {
            return "too many open files: raise the limit (ulimit -n)";
        }
        if (text == null) {
            return cause.getClass().getSimpleName();
        }
        if (isForLackOfRoom(text)) {
            return "the file system is full (" + text + ")";
        }
        return text;
    }
}
