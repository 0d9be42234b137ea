// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Named numbers.
 *
 * @param flags whether the numbers are single bits of which a value may have any
 * @param upstream the enum type of libvirt's C API; null if it has none
 */
public record Enumeration(
        String program,
        String name,
        String doc,
        String source,
        boolean flags,
        @Nullable String upstream,
        List<Constant> constants) {

    /**
     * One of them.
     *
     * @param since null if it is as old as what uses it
     */
    public record Constant(
            String name, long number, @Nullable String since, String doc) {}
}
