// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.xdr;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What records of the protocol do with their components: nothing that must be there is null, and no list changes.
 *
 * @since 0.1
 */
public final class XdrValues {
    private XdrValues() {}

    /**
     * The value itself.
     *
     * @throws NullPointerException if it is null, with a message that names the field
     */
    public static <T> T present(@Nullable T value, String field) {
        if (value == null) {
            throw new NullPointerException(field + ": null where a value is needed");
        }
        return value;
    }

    /**
     * An immutable copy.
     *
     * @throws NullPointerException if the list or one of its elements is null, with a message that names it
     */
    public static <T> List<T> list(@Nullable List<T> values, String field) {
        List<T> present = present(values, field);
        try {
            return List.copyOf(present);
        } catch (NullPointerException e) {
            throw named(e, present, field);
        }
    }

    /**
     * An immutable copy.
     *
     * @throws NullPointerException if the set or one of its elements is null, with a message that names it
     */
    public static <T> Set<T> set(@Nullable Set<T> values, String field) {
        Set<T> present = present(values, field);
        if (present instanceof FlagSet<?>) {
            return present;
        }
        try {
            return Set.copyOf(present);
        } catch (NullPointerException e) {
            throw named(e, present, field);
        }
    }

    /** A number as the text of a record shows it: {@code RUNNING (1)}, or alone if it has no name here. */
    public static String named(Optional<? extends Enum<?>> name, int number) {
        return name.map(known -> known.name() + " (" + number + ")").orElseGet(() -> Integer.toString(number));
    }

    /** Looked for only then: of what is decoded nothing is null, and it is much. */
    private static NullPointerException named(NullPointerException nameless, Collection<?> values, String field) {
        int index = 0;
        for (Object value : values) {
            if (value == null) {
                return new NullPointerException(field + "[" + index + "]: null where a value is needed");
            }
            index++;
        }
        return nameless;
    }
}
