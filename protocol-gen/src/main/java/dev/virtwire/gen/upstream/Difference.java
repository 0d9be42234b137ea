// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.table.Position;
import org.jspecify.annotations.Nullable;

/**
 * Something that the tables state otherwise than upstream.
 *
 * @param text says what, ours first; also its name in the list of deviations
 * @param upstream where upstream states it; null if it does not
 */
public record Difference(String text, @Nullable Position upstream) {
    @Override
    public String toString() {
        return upstream == null ? text : text + " (" + upstream + ")";
    }
}
