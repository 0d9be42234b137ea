// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.table.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a {@code .x} file defines, still in C's names. */
sealed interface XdrDefinition {
    Position position();

    String name();

    /** {@code const NAME = value;} */
    record Constant(Position position, String name, String value) implements XdrDefinition {}

    /** {@code typedef …;} */
    record Alias(Position position, String name, Declaration declaration) implements XdrDefinition {}

    /** {@code enum name { … };} */
    record Enumeration(Position position, String name, List<Member> members) implements XdrDefinition {}

    /**
     * {@code NAME = value}
     *
     * @param comment the comment before it
     */
    record Member(Position position, String name, String value, String comment) {}

    /** {@code struct name { … };} */
    record Structure(Position position, String name, List<Declaration> fields) implements XdrDefinition {}

    /** {@code union name switch (int …) { … };} */
    record Union(Position position, String name, List<Arm> arms) implements XdrDefinition {}

    /** {@code case value: …} */
    record Arm(String value, Declaration field) {}

    /**
     * A type and a name.
     *
     * @param size what stands in the brackets
     */
    record Declaration(
            Position position,
            String type,
            String name,
            Shape shape,
            @Nullable String size) {}

    /** What surrounds a declared name. */
    enum Shape {
        PLAIN,
        OPTIONAL,
        VARIABLE,
        FIXED
    }
}
