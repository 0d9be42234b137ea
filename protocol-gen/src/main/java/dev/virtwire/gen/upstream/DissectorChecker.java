// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.model.Area;
import dev.virtwire.gen.model.Event;
import dev.virtwire.gen.model.Field;
import dev.virtwire.gen.model.Procedure;
import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.model.Struct;
import dev.virtwire.gen.model.Type;
import dev.virtwire.gen.model.Type.Scalar;
import dev.virtwire.gen.upstream.Dissector.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Compares the tables with Wireshark's dissector, and writes lines for what they lack: for a libvirt whose {@code .x}
 * files cannot be had. Of each message, names, order and kinds of its fields are compared.
 */
public final class DissectorChecker {
    private final Dissector dissector;
    private final List<Difference> differences = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();
    private final Set<String> programs = new TreeSet<>();

    private DissectorChecker(Dissector dissector) {
        this.dissector = dissector;
    }

    /** Compares. Programs that the dissector does not know, such as admin, are left out. */
    public static Checker.Result check(List<Program> tables, Dissector dissector) {
        DissectorChecker checker = new DissectorChecker(dissector);
        for (Map<Integer, String> theirs : dissector.programs()) {
            program(tables, theirs)
                    .ifPresentOrElse(
                            ours -> checker.program(ours, theirs),
                            () -> checker.missing.add("a program that begins with " + theirs.get(1)));
        }
        return new Checker.Result(
                Set.copyOf(checker.programs), List.copyOf(checker.differences), List.copyOf(checker.missing));
    }

    /** Writes table lines for what the tables lack; a {@code ?} stands for what no dissector says. */
    public static List<String> lines(List<Program> tables, Dissector dissector, ApiFunctions functions) {
        List<String> lines = new ArrayList<>();
        Map<String, String> usual = usualTypes(tables);
        for (Map<Integer, String> theirs : dissector.programs()) {
            Optional<Program> ours = program(tables, theirs);
            if (ours.isPresent()) {
                Set<Integer> known = numbers(ours.get());
                new TreeMap<>(theirs).forEach((number, name) -> {
                    if (!known.contains(number)) {
                        lines.add("");
                        lines.add(line(ours.get(), number, name, dissector, functions, usual));
                    }
                });
            }
        }
        return List.copyOf(lines);
    }

    /** Ours that has most of its procedures; a dissector's table does not say whose it is. */
    private static Optional<Program> program(List<Program> tables, Map<Integer, String> theirs) {
        Optional<Program> best = Optional.empty();
        long most = 0;
        for (Program program : tables) {
            Map<Integer, String> names = names(program);
            long same = theirs.entrySet().stream()
                    .filter(entry -> UpstreamNames.camel(entry.getValue()).equals(names.get(entry.getKey())))
                    .count();
            if (same > most) {
                most = same;
                best = Optional.of(program);
            }
        }
        return best;
    }

    private static Set<Integer> numbers(Program program) {
        return names(program).keySet();
    }

    private static Map<Integer, String> names(Program program) {
        Map<Integer, String> names = new HashMap<>();
        for (Area area : program.areas()) {
            area.procedures().forEach(procedure -> names.put(procedure.number(), procedure.name()));
            area.events().forEach(event -> names.put(event.number(), event.name()));
        }
        return names;
    }

    private void program(Program ours, Map<Integer, String> theirs) {
        programs.add("dissector of " + ours.name());
        for (Area area : ours.areas()) {
            for (Procedure procedure : area.procedures()) {
                String path = ours.name() + " " + procedure.number() + " " + procedure.name();
                String name = theirs.get(procedure.number());
                if (name == null) {
                    unknown(path);
                } else {
                    name(path, procedure.name(), name);
                    fields(path + ": argument", procedure.arguments(), dissector.fields(stem(ours, name) + "_args"));
                    fields(path + ": result", procedure.result(), dissector.fields(stem(ours, name) + "_ret"));
                }
            }
            for (Event event : area.events()) {
                String path = ours.name() + " " + event.number() + " " + event.name();
                String name = theirs.get(event.number());
                if (name == null) {
                    unknown(path);
                } else {
                    name(path, event.name(), name);
                    fields(path + ": body", event.body(), dissector.fields(stem(ours, name) + "_msg"));
                }
            }
        }
        Set<Integer> known = numbers(ours);
        new TreeMap<>(theirs).forEach((number, name) -> {
            if (!known.contains(number)) {
                missing.add(ours.name() + " " + number + " " + UpstreamNames.camel(name));
            }
        });
    }

    private static String stem(Program program, String name) {
        return program.name() + "_" + name.toLowerCase(Locale.ROOT);
    }

    private void unknown(String path) {
        differences.add(new Difference(path + ": upstream nothing", null));
    }

    private void name(String path, String ours, String theirs) {
        String camel = UpstreamNames.camel(theirs);
        if (!ours.equals(camel)) {
            differences.add(new Difference(path + ": name: " + ours + ", upstream " + camel, null));
        }
    }

    /** An event's body may hold that of the event before it, which the tables write out. */
    private void fields(String path, @Nullable Struct struct, List<Dissector.Field> theirs) {
        List<Field> ours = struct == null ? List.of() : struct.fields();
        for (int i = 0; i < Math.max(ours.size(), theirs.size()); i++) {
            String place = path + " " + (i + 1);
            if (i < theirs.size()
                    && theirs.get(i).name().equals("msg")
                    && theirs.get(i).kind() == Kind.COMPOUND) {
                return;
            } else if (i >= theirs.size()) {
                differences.add(new Difference(place + ": " + ours.get(i).name() + ", upstream nothing", null));
            } else if (i >= ours.size()) {
                differences.add(new Difference(
                        place + ": nothing, upstream "
                                + UpstreamNames.field(theirs.get(i).name()),
                        null));
            } else {
                field(place, ours.get(i), theirs.get(i));
            }
        }
    }

    private void field(String place, Field ours, Dissector.Field theirs) {
        String name = UpstreamNames.field(theirs.name());
        if (!ours.name().equals(name)) {
            differences.add(new Difference(place + ": " + ours.name() + ", upstream " + name, null));
        }
        Kind kind = kind(ours.type());
        // It shows whatever is called type as an unsigned number.
        boolean known = theirs.kind() != Kind.UNKNOWN && !theirs.name().equals("type");
        if (known && kind != theirs.kind()) {
            differences.add(new Difference(
                    place + " " + ours.name() + ": " + ours.type().notation() + ", upstream "
                            + theirs.kind().name().toLowerCase(Locale.ROOT),
                    null));
        }
    }

    /** What the dissector calls a type of the tables. */
    private static Kind kind(Type type) {
        if (type instanceof Type.Maybe maybe) {
            return kind(maybe.of());
        } else if (type instanceof Type.Coded coded) {
            return kind(coded.carrier());
        } else if (type instanceof Type.Text) {
            return Kind.STRING;
        } else if (type instanceof Type.Opaque || type == Scalar.UUID) {
            return Kind.BYTES;
        } else if (type instanceof Scalar scalar) {
            return Kind.valueOf(scalar.name());
        }
        return Kind.COMPOUND;
    }

    /** What a field of a name is in most places of the tables. */
    private static Map<String, String> usualTypes(List<Program> tables) {
        Map<String, Map<String, Long>> counts = new HashMap<>();
        for (Program program : tables) {
            for (Area area : program.areas()) {
                List<Struct> bodies = new ArrayList<>();
                area.procedures().forEach(procedure -> {
                    bodies.add(procedure.arguments());
                    bodies.add(procedure.result());
                });
                area.events().forEach(event -> bodies.add(event.body()));
                bodies.stream()
                        .filter(body -> body != null)
                        .flatMap(body -> body.fields().stream())
                        .filter(field -> kind(field.type()) == Kind.COMPOUND)
                        .forEach(field -> counts.computeIfAbsent(field.name(), any -> new TreeMap<>())
                                .merge(notation(field.type()), 1L, Long::sum));
            }
        }
        return counts.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        entry -> entry.getValue().entrySet().stream()
                                .max(Map.Entry.comparingByValue())
                                .orElseThrow()
                                .getKey()));
    }

    /** An array's bound is another in each message. */
    private static String notation(Type type) {
        return type instanceof Type.Array array
                ? notation(array.of()) + "[?]"
                : type instanceof Struct struct ? struct.name() : type.notation();
    }

    private static String line(
            Program program,
            int number,
            String name,
            Dissector dissector,
            ApiFunctions functions,
            Map<String, String> usual) {
        String camel = UpstreamNames.camel(name);
        String stem = stem(program, name);
        List<Dissector.Field> message = dissector.fields(stem + "_msg");
        if (!message.isEmpty()) {
            String since = functions
                    .findEvent(camel)
                    .map(function -> " for " + function.name() + " since " + function.version())
                    .orElse(" since ?");
            return "event " + number + " " + camel + "(" + fields(message, usual) + ")" + since;
        }
        List<Dissector.Field> result = dissector.fields(stem + "_ret");
        String since = functions
                .find(program.name(), camel)
                .map(function -> (function.name().equals("vir" + camel) ? "" : " for " + function.name()) + " since "
                        + function.version())
                .orElse(" internal since ?");
        return number + " " + camel + "(" + fields(dissector.fields(stem + "_args"), usual) + ")"
                + (result.isEmpty() ? "" : " -> (" + fields(result, usual) + ")") + since;
    }

    private static String fields(List<Dissector.Field> fields, Map<String, String> usual) {
        return fields.stream()
                .map(field -> {
                    String name = UpstreamNames.field(field.name());
                    String type = field.kind() == Kind.COMPOUND
                            ? usual.getOrDefault(name, "?")
                            : field.kind().word();
                    return name + ": " + type;
                })
                .collect(Collectors.joining(", "));
    }
}
