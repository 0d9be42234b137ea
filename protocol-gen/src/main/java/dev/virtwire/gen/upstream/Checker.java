// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.model.Area;
import dev.virtwire.gen.model.Event;
import dev.virtwire.gen.model.Procedure;
import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.table.Position;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Compares tables with upstream: each program, procedure, field, order, type, bound, stream, priority. */
public final class Checker {
    private final List<Difference> differences = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();

    private Checker() {}

    /**
     * What the comparison found.
     *
     * @param programs the names of the programs that were compared
     * @param differences what is stated otherwise
     * @param missing what the tables lack: a program, a procedure of a program, or a constant of an enum
     */
    public record Result(Set<String> programs, List<Difference> differences, List<String> missing) {}

    /** Two results as one. */
    public static Result join(Result one, Result other) {
        Set<String> programs = new HashSet<>(one.programs());
        programs.addAll(other.programs());
        List<Difference> differences = new ArrayList<>(one.differences());
        differences.addAll(other.differences());
        List<String> missing = new ArrayList<>(one.missing());
        missing.addAll(other.missing());
        return new Result(Set.copyOf(programs), List.copyOf(differences), List.copyOf(missing));
    }

    /**
     * Compares.
     *
     * @throws dev.virtwire.gen.table.TableException if a file cannot be read as one of libvirt's
     */
    public static Result check(List<Program> tables, List<Path> files) throws IOException {
        return compare(tables, Upstream.read(files));
    }

    static Result compare(List<Program> tables, List<UpstreamProgram> upstream) {
        Checker checker = new Checker();
        for (UpstreamProgram theirs : upstream) {
            Optional<Program> ours = tables.stream()
                    .filter(program -> program.name().equals(theirs.name()))
                    .findFirst();
            checker.program(
                    ours.orElse(new Program(theirs.name(), (int) theirs.number(), (int) theirs.version(), List.of())),
                    theirs);
        }
        Set<String> programs = upstream.stream().map(UpstreamProgram::name).collect(Collectors.toSet());
        return new Result(programs, List.copyOf(checker.differences), List.copyOf(checker.missing));
    }

    private void program(Program ours, UpstreamProgram theirs) {
        String path = ours.name();
        long number = Integer.toUnsignedLong(ours.number());
        compare(
                theirs.position(),
                path + ": number",
                "0x" + Long.toHexString(number),
                "0x" + Long.toHexString(theirs.number()));
        compare(theirs.position(), path + ": version", ours.version(), (int) theirs.version());
        Set<Integer> known = new HashSet<>();
        for (Area area : ours.areas()) {
            for (Procedure procedure : area.procedures()) {
                known.add(procedure.number());
                theirs.procedure(procedure.number())
                        .ifPresentOrElse(
                                their -> procedure(path, procedure, their),
                                () -> unknown(path, procedure.number(), procedure.name(), theirs));
            }
            for (Event event : area.events()) {
                known.add(event.number());
                theirs.procedure(event.number())
                        .ifPresentOrElse(
                                their -> event(path, event, their),
                                () -> unknown(path, event.number(), event.name(), theirs));
            }
        }
        for (UpstreamProcedure procedure : theirs.procedures()) {
            if (!known.contains(procedure.number())) {
                missing.add(path + " " + procedure.number() + " " + procedure.name());
            }
        }
    }

    private void procedure(String program, Procedure ours, UpstreamProcedure theirs) {
        String path = program + " " + ours.number() + " " + ours.name();
        compare(theirs.position(), path + ": name", ours.name(), theirs.name());
        if (theirs.event()) {
            differences.add(new Difference(path + ": a call, upstream an event", theirs.position()));
            return;
        }
        TypeComparison types = types(theirs);
        types.structs(path + ": argument", ours.arguments(), theirs.arguments());
        types.structs(path + ": result", ours.result(), theirs.result());
        compare(theirs.position(), path + ": priority", yes(ours.priority()), yes(theirs.priority()));
        compare(theirs.position(), path + ": stream", word(ours.stream()), word(theirs.stream()));
        compare(theirs.position(), path + ": sparse stream", yes(ours.sparse()), yes(theirs.sparse()));
        compare(theirs.position(), path + ": fds", word(ours.fds()), word(theirs.fds()));
    }

    private void event(String program, Event ours, UpstreamProcedure theirs) {
        String path = program + " " + ours.number() + " " + ours.name();
        compare(theirs.position(), path + ": name", ours.name(), theirs.name());
        if (!theirs.event()) {
            differences.add(new Difference(path + ": an event, upstream a call", theirs.position()));
            return;
        }
        types(theirs).structs(path + ": body", ours.body(), theirs.message());
    }

    private TypeComparison types(UpstreamProcedure theirs) {
        return new TypeComparison(text -> differences.add(new Difference(text, theirs.position())));
    }

    private void unknown(String program, int number, String name, UpstreamProgram theirs) {
        differences.add(new Difference(program + " " + number + " " + name + ": upstream nothing", theirs.position()));
    }

    private void compare(Position position, String what, Object ours, Object theirs) {
        if (!ours.equals(theirs)) {
            differences.add(new Difference(what + ": " + ours + ", upstream " + theirs, position));
        }
    }

    private static String yes(boolean value) {
        return value ? "yes" : "no";
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
