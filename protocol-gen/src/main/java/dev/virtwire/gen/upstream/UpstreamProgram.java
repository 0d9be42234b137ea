// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.table.Position;
import java.util.List;
import java.util.Optional;

/** A program as the {@code .x} files have it. */
record UpstreamProgram(Position position, String name, long number, long version, List<UpstreamProcedure> procedures) {

    Optional<UpstreamProcedure> procedure(int number) {
        return procedures.stream()
                .filter(procedure -> procedure.number() == number)
                .findFirst();
    }
}
