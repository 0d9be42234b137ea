// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import dev.virtwire.gen.table.Position;
import dev.virtwire.gen.table.TableException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What linking found wrong so far. */
final class Errors {
    private final Set<String> errors = new LinkedHashSet<>();

    void add(Position position, String text) {
        errors.add(position + ": " + text);
    }

    void check() {
        if (!errors.isEmpty()) {
            throw new TableException(List.copyOf(errors));
        }
    }
}
