// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import dev.virtwire.gen.table.TableFile;
import dev.virtwire.gen.table.TableFile.ProgramNode;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Finds the programs, and a scope for each. */
final class ProgramLinker {
    private final Errors errors;

    ProgramLinker(Errors errors) {
        this.errors = errors;
    }

    /** A scope for each program, by its name, in the order of the tables. */
    Map<String, Scope> link(List<TableFile> tables) {
        Map<String, ProgramNode> programs = declared(tables);
        for (TableFile table : tables) {
            if (!programs.containsKey(table.area().program())) {
                errors.add(
                        table.area().position(),
                        "unknown program " + table.area().program());
            }
        }
        for (ProgramNode program : programs.values()) {
            checkUses(program, programs);
        }
        errors.check();
        Map<String, Scope> scopes = new HashMap<>();
        Map<String, Scope> ordered = new LinkedHashMap<>();
        programs.values().forEach(program -> ordered.put(program.name(), scope(program, programs, scopes)));
        return ordered;
    }

    private Map<String, ProgramNode> declared(List<TableFile> tables) {
        Map<String, ProgramNode> programs = new LinkedHashMap<>();
        Map<Long, ProgramNode> numbers = new HashMap<>();
        for (TableFile table : tables) {
            ProgramNode program = table.program();
            if (program == null) {
                continue;
            }
            if (!program.name().matches("[a-z][a-z0-9]*") || Names.isReserved(program.name())) {
                errors.add(program.position(), program.name() + " cannot be the name of a Java package");
            }
            if (program.number() < 0 || program.number() > 0xffff_ffffL) {
                errors.add(
                        program.position(), "program number " + program.number() + " is not an unsigned 32-bit number");
            }
            if (program.version() < 0 || program.version() > Integer.MAX_VALUE) {
                errors.add(program.position(), "version " + program.version() + " is out of range");
            }
            ProgramNode sameName = programs.putIfAbsent(program.name(), program);
            if (sameName != null) {
                errors.add(program.position(), "program " + program.name() + " is declared at " + sameName.position());
            }
            ProgramNode sameNumber = numbers.putIfAbsent(program.number(), program);
            if (sameNumber != null && sameName == null) {
                errors.add(
                        program.position(),
                        "program " + program.name() + " has the number of program " + sameNumber.name() + " at "
                                + sameNumber.position());
            }
        }
        return programs;
    }

    private void checkUses(ProgramNode start, Map<String, ProgramNode> programs) {
        ProgramNode program = start;
        for (int steps = 0; program.uses() != null; steps++) {
            ProgramNode used = programs.get(program.uses());
            if (used == null) {
                errors.add(program.position(), "unknown program " + program.uses());
                return;
            }
            if (steps > programs.size()) {
                errors.add(start.position(), "program " + start.name() + " uses itself");
                return;
            }
            program = used;
        }
    }

    private Scope scope(ProgramNode program, Map<String, ProgramNode> programs, Map<String, Scope> scopes) {
        Scope scope = scopes.get(program.name());
        if (scope == null) {
            ProgramNode used = program.uses() == null ? null : programs.get(program.uses());
            scope = new Scope(program, used == null ? null : scope(used, programs, scopes), errors);
            scopes.put(program.name(), scope);
        }
        return scope;
    }
}
