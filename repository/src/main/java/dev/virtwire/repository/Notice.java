// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import java.util.Collection;
import java.util.List;

/**
 * What the user should know of something that was done.
 *
 * @param severity whether somebody has to hear of it
 * @param text one sentence
 * @since 0.1
 */
public record Notice(Severity severity, String text) {
    /**
     * How much a notice matters.
     *
     * @since 0.1
     */
    public enum Severity {
        /** How something was done, or a state that somebody chose: nobody has to hear of it. */
        INFORMATION,

        /** What a restore would miss, or what a person has to do something about. */
        WARNING
    }

    /** Refuses a missing field. */
    public Notice {
        requireNonNull(severity, "severity");
        requireNonNull(text, "text");
    }

    /** An information. */
    public static Notice information(String text) {
        return new Notice(Severity.INFORMATION, text);
    }

    /** A warning. */
    public static Notice warning(String text) {
        return new Notice(Severity.WARNING, text);
    }

    /** Whether somebody has to hear of it. */
    public boolean isWarning() {
        return severity == Severity.WARNING;
    }

    /** The texts of those that have this severity, in their order. */
    public static List<String> texts(Collection<Notice> notices, Severity severity) {
        return notices.stream()
                .filter(notice -> notice.severity == severity)
                .map(Notice::text)
                .toList();
    }

    /** The text alone. */
    @Override
    public String toString() {
        return text;
    }
}
