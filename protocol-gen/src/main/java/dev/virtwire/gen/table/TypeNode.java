// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.table;

import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A type as written: {@code string(80)?[64]}.
 *
 * @param base its first word
 * @param bound what stands in parentheses
 * @param exact whether the bound is a length and not a maximum
 * @param suffixes what follows, from the inside out
 * @param carrier the word after {@code as}
 */
public record TypeNode(
        String base,
        OptionalLong bound,
        boolean exact,
        List<Suffix> suffixes,
        @Nullable String carrier) {

    /** {@code ?}, or {@code [n]}. */
    public sealed interface Suffix {}

    /** {@code ?} */
    public record OptionalSuffix() implements Suffix {}

    /**
     * {@code [n]}
     *
     * @param bound empty for {@code []}
     */
    public record ArraySuffix(OptionalLong bound) implements Suffix {}
}
