// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.table;

/**
 * A place in a table.
 *
 * @param file the file's name as the user gave it
 * @param line from 1
 */
public record Position(String file, int line) {
    @Override
    public String toString() {
        return file + ":" + line;
    }
}
