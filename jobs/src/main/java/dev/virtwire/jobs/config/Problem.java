// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import java.nio.file.Path;

/**
 * A mistake in the configuration file.
 *
 * @param file the file
 * @param line the line, from 1
 * @param column the column, from 1
 * @param message what is wrong, and what is allowed
 * @since 0.1
 */
public record Problem(Path file, int line, int column, String message) {
    /** As compilers write it. */
    @Override
    public String toString() {
        return file + ":" + line + ":" + column + ": " + message;
    }
}
