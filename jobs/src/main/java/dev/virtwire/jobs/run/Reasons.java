// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import dev.virtwire.client.LibvirtException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/** Why something failed, in one sentence. */
final class Reasons {
    private Reasons() {}

    static String of(Throwable thrown) {
        Throwable failure = LibvirtException.unwrap(thrown);
        if (failure instanceof UncheckedIOException unchecked && unchecked.getCause() != null) {
            return of(unchecked.getCause());
        }
        String text = failure.getMessage();
        if (failure instanceof NoSuchFileException) {
            return text + ": no such file or folder";
        }
        if (failure instanceof AccessDeniedException) {
            return text + ": permission denied";
        }
        String sentence = text == null ? failure.getClass().getSimpleName() : text;
        return sentence.strip().replaceAll("\\s*\\R\\s*", "; ") + leftBehind(failure);
    }

    /** What could not be cleared after it: nothing else names that. */
    private static String leftBehind(Throwable failure) {
        StringBuilder left = new StringBuilder();
        for (Throwable further : failure.getSuppressed()) {
            String text = further.getMessage();
            if (text != null && text.startsWith("left behind: ")) {
                left.append("; ").append(text.strip().replaceAll("\\s*\\R\\s*", "; "));
            }
        }
        return left.toString();
    }
}
