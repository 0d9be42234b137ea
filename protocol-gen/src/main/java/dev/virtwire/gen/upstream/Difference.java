// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.table.Position;

/**
 * Something that the tables state otherwise than upstream.
 *
 * @param text says what, ours first; also its name in the list of deviations
 * @param upstream where upstream states it
 */
public record Difference(String text, Position upstream) {
    @Override
    public String toString() {
        return text + " (" + upstream + ")";
    }
}
