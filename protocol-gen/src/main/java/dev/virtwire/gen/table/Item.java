// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.table;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a table declares. */
public sealed interface Item {
    /** Where it starts. */
    Position position();

    /** Its name. */
    String name();

    /** The comment above it; empty without one. */
    String doc();

    /** The text of the declaration, without comments, white space made single. */
    String source();

    /** {@code struct Name { … }} */
    record StructItem(Position position, String name, String doc, String source, List<FieldNode> fields)
            implements Item {}

    /** {@code union Name { … }}, told apart by an int. */
    record UnionItem(Position position, String name, String doc, String source, List<ArmNode> arms) implements Item {}

    /** {@code 7 stringValue: string} */
    record ArmNode(long number, FieldNode field) {}

    /** {@code enum Name { … }} or {@code flags Name { … }}; upstream is libvirt's type, null if it has none. */
    record EnumItem(
            Position position,
            String name,
            String doc,
            String source,
            boolean flags,
            @Nullable String carrier,
            @Nullable String upstream,
            List<ConstantNode> constants)
            implements Item {}

    /** {@code name = 1 since 6.0} */
    record ConstantNode(
            Position position,
            String name,
            long number,
            @Nullable String since,
            String doc) {}

    /** {@code 421 Name(…) -> (…) … since 6.0} */
    record ProcedureItem(
            Position position,
            String name,
            String doc,
            String source,
            long number,
            List<FieldNode> arguments,
            List<FieldNode> result,
            List<Mark> marks,
            @Nullable String function,
            String since)
            implements Item {}

    /** {@code event 363 Name(…) since 1.3.3} */
    record EventItem(
            Position position,
            String name,
            String doc,
            String source,
            long number,
            List<FieldNode> body,
            @Nullable String function,
            String since)
            implements Item {}
}
