// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.report;

import dev.virtwire.client.LibvirtException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/**
 * Why something failed, in one sentence.
 *
 * @since 0.1
 */
public final class Reasons {
    private Reasons() {}

    /** The failure's own message, or what it means if it is one of Java's; and what could not be cleared after it. */
    public static String of(Throwable thrown) {
        Throwable failure = LibvirtException.unwrap(thrown);
        if (failure instanceof UncheckedIOException unchecked && unchecked.getCause() != null) {
            return of(unchecked.getCause());
        }
        String text = failure.getMessage();
        String sentence = text == null ? failure.getClass().getSimpleName() : oneLine(text);
        return sentence + meaning(failure) + leftBehind(failure);
    }

    /** Of some failures the message is the name of a file alone. */
    private static String meaning(Throwable failure) {
        if (!(failure instanceof FileSystemException system) || system.getReason() != null) {
            return "";
        }
        if (failure instanceof NoSuchFileException) {
            return ": no such file or folder";
        }
        if (failure instanceof AccessDeniedException) {
            return ": permission denied";
        }
        return failure instanceof NotDirectoryException ? ": not a folder" : "";
    }

    private static String leftBehind(Throwable failure) {
        StringBuilder left = new StringBuilder();
        for (Throwable further : failure.getSuppressed()) {
            String text = further.getMessage();
            if (text != null && text.startsWith("left behind: ")) {
                left.append("; ").append(oneLine(text));
            }
        }
        return left.toString();
    }

    /** A text of several lines as one. */
    public static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
