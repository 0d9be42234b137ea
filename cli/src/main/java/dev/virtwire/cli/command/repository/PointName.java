// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import dev.virtwire.cli.output.CommandException;
import dev.virtwire.repository.PointChoice;
import dev.virtwire.repository.Repository;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code DOMAIN[@POINT]} names.
 *
 * @param domain the domain
 * @param point the point's id, or null for no particular one
 */
record PointName(String domain, @Nullable String point) {
    private static final char SEPARATOR = '@';

    /** Takes a name apart. A domain's own name may hold the separator: one that the repository has is taken whole. */
    static PointName parse(Repository repository, String text) {
        int at = text.lastIndexOf(SEPARATOR);
        if (at < 0 || repository.holds(text)) {
            return new PointName(text, null);
        }
        return new PointName(text.substring(0, at), text.substring(at + 1));
    }

    /**
     * As {@link #parse}; a point has to be named.
     *
     * @throws CommandException if only a domain is named
     */
    static PointName parseOne(Repository repository, String text) {
        PointName name = parse(repository, text);
        if (name.point() == null) {
            throw CommandException.usage("name a point, as " + text + "@POINT: 'virtwire points' lists them", null);
        }
        return name;
    }

    /** The point, or the domain's newest that can be restored if no point is named. */
    PointChoice in(Repository repository) {
        return point == null
                ? repository.newestRestorable(domain)
                : new PointChoice(repository.point(domain, point), List.of(), false);
    }
}
