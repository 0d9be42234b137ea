// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import dev.virtwire.gen.model.Struct.Role;
import dev.virtwire.gen.table.FieldNode;
import dev.virtwire.gen.table.Item;
import dev.virtwire.gen.table.Item.EnumItem;
import dev.virtwire.gen.table.Item.EventItem;
import dev.virtwire.gen.table.Item.ProcedureItem;
import dev.virtwire.gen.table.Item.StructItem;
import dev.virtwire.gen.table.Item.UnionItem;
import dev.virtwire.gen.table.Mark;
import dev.virtwire.gen.table.Position;
import dev.virtwire.gen.table.TableException;
import dev.virtwire.gen.table.TableFile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Joins tables into programs. */
public final class Linker {
    private final Errors errors = new Errors();
    private final TypeResolver types = new TypeResolver(errors);
    private final MarkLinker marks = new MarkLinker(errors);
    /** By program and number. */
    private final Map<String, Position> numbers = new HashMap<>();

    private Linker() {}

    /**
     * Links all tables of all programs.
     *
     * @throws TableException with every error
     */
    public static List<Program> link(List<TableFile> tables) {
        return new Linker().programs(tables);
    }

    private List<Program> programs(List<TableFile> tables) {
        Map<String, Scope> scopes = new ProgramLinker(errors).link(tables);
        for (Scope scope : scopes.values()) {
            for (TableFile table : of(scope, tables)) {
                declare(scope, table);
            }
        }
        List<Program> programs = new ArrayList<>();
        for (Scope scope : scopes.values()) {
            List<Area> areas = new ArrayList<>();
            for (TableFile table : of(scope, tables)) {
                areas.add(area(scope, table));
            }
            programs.add(new Program(
                    scope.program().name(),
                    (int) scope.program().number(),
                    (int) scope.program().version(),
                    List.copyOf(areas)));
        }
        errors.check();
        return List.copyOf(programs);
    }

    private static List<TableFile> of(Scope scope, List<TableFile> tables) {
        return tables.stream()
                .filter(table -> table.area().program().equals(scope.program().name()))
                .toList();
    }

    /** Takes note of every name before any is resolved, so that the order of tables does not matter. */
    private void declare(Scope scope, TableFile table) {
        TableFile.AreaNode area = table.area();
        if (!Names.isType(area.name())) {
            errors.add(area.position(), "area " + area.name() + ": its name starts with a capital");
        }
        scope.generates(area.name() + "Procedures", area.position());
        scope.generates(area.name() + "Calls", area.position());
        for (Item item : table.items()) {
            if (item instanceof ProcedureItem procedure) {
                number(scope, procedure.number(), procedure);
                scope.generates(procedure.name() + "Args", procedure.position());
                scope.generates(procedure.name() + "Result", procedure.position());
            } else if (item instanceof EventItem event) {
                number(scope, event.number(), item);
                scope.generates(item.name() + "Message", item.position());
            } else {
                scope.declare(item);
            }
        }
    }

    private void number(Scope scope, long number, Item item) {
        if (!Names.isType(item.name())) {
            errors.add(item.position(), item.name() + ": its name starts with a capital and has no underscore");
        }
        if (number < 1 || number > Integer.MAX_VALUE) {
            errors.add(item.position(), item.name() + ": " + number + " cannot be a procedure's number");
        }
        Position first = numbers.putIfAbsent(scope.program().name() + " " + number, item.position());
        if (first != null) {
            errors.add(item.position(), item.name() + ": the number " + number + " is taken by " + first);
        }
    }

    private Area area(Scope scope, TableFile table) {
        List<Struct> structs = new ArrayList<>();
        List<Union> unions = new ArrayList<>();
        List<Enumeration> enumerations = new ArrayList<>();
        List<Procedure> procedures = new ArrayList<>();
        List<Event> events = new ArrayList<>();
        for (Item item : table.items()) {
            if (item instanceof StructItem struct) {
                structs.add(types.struct(scope, struct));
            } else if (item instanceof UnionItem union) {
                unions.add(types.union(scope, union));
            } else if (item instanceof EnumItem enumeration) {
                enumerations.add(types.enumeration(scope, enumeration));
            } else if (item instanceof ProcedureItem procedure) {
                procedures.add(procedure(scope, procedure));
            } else if (item instanceof EventItem event) {
                events.add(event(scope, event));
            }
        }
        return new Area(
                table.area().name(),
                table.area().doc(),
                List.copyOf(structs),
                List.copyOf(unions),
                List.copyOf(enumerations),
                List.copyOf(procedures),
                List.copyOf(events));
    }

    private Procedure procedure(Scope scope, ProcedureItem item) {
        for (FieldNode argument : item.arguments()) {
            if (argument.name().equals("callOptions")) {
                errors.add(argument.position(), "field callOptions: generated methods keep that name for themselves");
            }
        }
        MarkLinker.Marks marked = marks.link(item);
        return new Procedure(
                (int) item.number(),
                item.name(),
                item.doc(),
                item.source(),
                body(scope, item, "Args", Role.ARGUMENTS, item.arguments()),
                body(scope, item, "Result", Role.RESULT, item.result()),
                marked.has(Mark.Priority.class),
                marked.has(Mark.Urgent.class),
                marked.stream(),
                marked.sparse(),
                marked.fds(),
                item.function(),
                item.since());
    }

    private Event event(Scope scope, EventItem item) {
        return new Event(
                (int) item.number(),
                item.name(),
                item.doc(),
                item.source(),
                body(scope, item, "Message", Role.MESSAGE, item.body()),
                item.function(),
                item.since());
    }

    private @Nullable Struct body(Scope scope, Item item, String suffix, Role role, List<FieldNode> fields) {
        if (fields.isEmpty()) {
            return null;
        }
        scope.generates(item.name() + suffix + "Codec", item.position());
        return new Struct(
                scope.program().name(),
                item.name() + suffix,
                role,
                item.name(),
                item.doc(),
                item.source(),
                types.fields(scope, fields));
    }
}
