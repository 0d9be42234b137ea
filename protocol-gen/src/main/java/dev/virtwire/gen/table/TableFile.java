// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.table;

import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One table as written.
 *
 * @param program its program line; a program of several areas has one in one of its tables
 */
public record TableFile(@Nullable ProgramNode program, AreaNode area, List<Item> items) {

    /** {@code program remote 0x20008086 version 1 strings 4194304 uses other} */
    public record ProgramNode(
            Position position,
            String name,
            long number,
            long version,
            OptionalLong stringBound,
            @Nullable String uses) {}

    /** {@code area Domain of remote} */
    public record AreaNode(Position position, String name, String program, String doc) {}
}
