// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import dev.virtwire.gen.table.Item.ProcedureItem;
import dev.virtwire.gen.table.Mark;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Reads the marks behind a procedure. */
final class MarkLinker {
    private final Errors errors;

    MarkLinker(Errors errors) {
        this.errors = errors;
    }

    Marks link(ProcedureItem item) {
        Map<Class<? extends Mark>, Mark> marks = new HashMap<>();
        for (Mark mark : item.marks()) {
            if (marks.put(mark.getClass(), mark) != null) {
                errors.add(
                        item.position(),
                        item.name() + " is marked "
                                + mark.getClass().getSimpleName().toLowerCase(Locale.ROOT) + " twice");
            }
        }
        return new Marks(marks);
    }

    /** What a procedure is marked with, by kind. */
    record Marks(Map<Class<? extends Mark>, Mark> byKind) {
        boolean has(Class<? extends Mark> kind) {
            return byKind.containsKey(kind);
        }

        Procedure.Stream stream() {
            Mark mark = byKind.get(Mark.Stream.class);
            if (mark == null) {
                return Procedure.Stream.NONE;
            }
            return switch (((Mark.Stream) mark).direction()) {
                case "sends" -> Procedure.Stream.SENDS;
                case "receives" -> Procedure.Stream.RECEIVES;
                default -> Procedure.Stream.BOTH;
            };
        }

        boolean sparse() {
            Mark mark = byKind.get(Mark.Stream.class);
            return mark != null && ((Mark.Stream) mark).sparse();
        }

        Procedure.Fds fds() {
            Mark mark = byKind.get(Mark.Fds.class);
            if (mark == null) {
                return Procedure.Fds.NONE;
            }
            return switch (((Mark.Fds) mark).direction()) {
                case "sends" -> Procedure.Fds.SENDS;
                case "returns" -> Procedure.Fds.RETURNS;
                default -> Procedure.Fds.BOTH;
            };
        }
    }
}
