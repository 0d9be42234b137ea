// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * One piece of damage in a repository.
 *
 * @param file the damaged file, or the file that is missing
 * @param offset the first byte of the range that the damage lies in, from the file's beginning
 * @param length the range's length in bytes; 0 where the damage is the file's absence or size
 * @param message what is wrong, one sentence without file and range
 * @since 0.1
 */
public record Finding(Path file, long offset, long length, String message) {
    /** Refuses a missing field. */
    public Finding {
        requireNonNull(file, "file");
        requireNonNull(message, "message");
    }

    /** Damage that has no place inside the file: it is missing, or has the wrong size. */
    public static Finding of(Path file, String message) {
        return new Finding(file, 0, 0, message);
    }

    /** File, range and sentence, for people. */
    @Override
    public String toString() {
        if (length == 0) {
            return file + ": " + message;
        }
        return file + ", bytes " + offset + " to " + (offset + length - 1) + ": " + message;
    }
}
