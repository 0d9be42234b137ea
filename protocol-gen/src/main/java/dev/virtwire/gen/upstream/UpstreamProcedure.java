// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.model.Procedure.Fds;
import dev.virtwire.gen.model.Procedure.Stream;
import dev.virtwire.gen.model.Struct;
import dev.virtwire.gen.table.Position;
import org.jspecify.annotations.Nullable;

/**
 * A procedure or message as the {@code .x} files have it.
 *
 * @param name as the tables would call it
 * @param message the body if it is a message
 * @param event whether it is a message for certain; one without a body looks like a call without arguments
 */
record UpstreamProcedure(
        Position position,
        int number,
        String name,
        @Nullable Struct arguments,
        @Nullable Struct result,
        @Nullable Struct message,
        boolean event,
        boolean priority,
        Stream stream,
        boolean sparse,
        Fds fds) {}
