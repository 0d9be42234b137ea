// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.model.Field;
import dev.virtwire.gen.model.Procedure.Fds;
import dev.virtwire.gen.model.Procedure.Stream;
import dev.virtwire.gen.model.Program;
import dev.virtwire.gen.model.Struct;
import dev.virtwire.gen.model.Type;
import dev.virtwire.gen.model.Type.Array;
import dev.virtwire.gen.model.Type.Maybe;
import dev.virtwire.gen.model.Type.Opaque;
import dev.virtwire.gen.model.Type.Text;
import dev.virtwire.gen.model.Union;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes table lines for procedures that the tables lack, and for the types that these need. A person completes them:
 * what the fields mean, which numbers are enums or flags, and each {@code since ?} that no function told.
 */
public final class Importer {
    private final ApiFunctions functions;
    private final List<String> lines = new ArrayList<>();
    /** Structs of the tables. */
    private final List<Struct> structs = new ArrayList<>();
    /** Types that the tables have or that have been written, by their names by rule. */
    private final Set<String> declared = new HashSet<>();

    private Importer(ApiFunctions functions) {
        this.functions = functions;
    }

    /**
     * Writes the lines.
     *
     * @throws dev.virtwire.gen.table.TableException if a file cannot be read as one of libvirt's
     */
    public static List<String> lines(List<Program> tables, List<Path> files, ApiFunctions functions)
            throws IOException {
        return lines(tables, functions, Upstream.read(files));
    }

    static List<String> lines(List<Program> tables, ApiFunctions functions, List<UpstreamProgram> upstream) {
        Importer importer = new Importer(functions);
        for (Program program : tables) {
            program.areas().forEach(area -> {
                importer.structs.addAll(area.structs());
                area.structs().forEach(struct -> importer.declared.add(struct.name()));
                area.unions().forEach(union -> importer.declared.add(union.name()));
            });
        }
        for (UpstreamProgram program : upstream) {
            importer.program(
                    tables.stream()
                            .filter(table -> table.name().equals(program.name()))
                            .findFirst(),
                    program);
        }
        return List.copyOf(importer.lines);
    }

    private void program(Optional<Program> tables, UpstreamProgram program) {
        Set<Integer> known = tables.stream()
                .flatMap(ours -> ours.areas().stream())
                .flatMap(area -> java.util.stream.Stream.concat(
                        area.procedures().stream().map(procedure -> procedure.number()),
                        area.events().stream().map(event -> event.number())))
                .collect(Collectors.toSet());
        List<UpstreamProcedure> missing = program.procedures().stream()
                .filter(procedure -> !known.contains(procedure.number()))
                .toList();
        if (missing.isEmpty()) {
            return;
        }
        lines.add((tables.isEmpty() ? "" : "# ") + "program " + program.name() + " 0x"
                + Long.toHexString(program.number()) + " version " + program.version());
        for (UpstreamProcedure procedure : missing) {
            declare(procedure.arguments());
            declare(procedure.result());
            declare(procedure.message());
            lines.add("");
            lines.add(procedure(program, procedure));
        }
    }

    private void declare(@Nullable Struct body) {
        if (body != null) {
            body.parts().forEach(this::declare);
        }
    }

    /** Declares what a type needs and then the type itself, unless it is declared. */
    private void declare(Type type) {
        if ((type instanceof Struct || type instanceof Union) && !declared.add(notation(type))) {
            return;
        }
        for (Type part : type.parts()) {
            declare(part);
        }
        if (type instanceof Struct struct) {
            lines.add("");
            lines.add("struct " + name(struct) + " { " + fields(struct) + " }");
        } else if (type instanceof Union union) {
            lines.add("");
            lines.add("union " + union.name() + " { "
                    + union.arms().stream()
                            .map(arm -> arm.number() + " " + field(arm.field()))
                            .collect(Collectors.joining(", "))
                    + " }");
        }
    }

    private String procedure(UpstreamProgram program, UpstreamProcedure procedure) {
        StringBuilder line = new StringBuilder(procedure.event() ? "event " : "");
        Struct in = procedure.event() ? procedure.message() : procedure.arguments();
        line.append(procedure.number()).append(' ').append(procedure.name());
        line.append('(').append(in == null ? "" : fields(in)).append(')');
        if (procedure.result() != null) {
            line.append(" -> (").append(fields(procedure.result())).append(')');
        }
        if (procedure.priority()) {
            line.append(" priority");
        }
        if (procedure.stream() != Stream.NONE) {
            line.append(' ').append(direction(procedure.stream(), "exchanges"));
            line.append(procedure.sparse() ? " sparse" : "").append(" stream");
        }
        if (procedure.fds() != Fds.NONE) {
            line.append(' ').append(direction(procedure.fds(), "exchanges")).append(" fds");
        }
        return line.append(origin(program, procedure)).toString();
    }

    private String origin(UpstreamProgram program, UpstreamProcedure procedure) {
        Optional<ApiFunctions.Function> function = procedure.event()
                ? functions.findEvent(procedure.name())
                : functions.find(program.name(), procedure.name());
        if (function.isEmpty()) {
            return procedure.event() ? " since ?" : " internal since ?";
        }
        String name = function.get().name();
        boolean usual = name.equals("vir" + procedure.name());
        return (usual ? "" : " for " + name) + " since " + since(function.get().version());
    }

    /** Functions are older than the protocol, which libvirt 0.3.0 brought. */
    private static String since(String version) {
        return version.matches("0\\.[0-2]\\..*") ? "0.3.0" : version;
    }

    private static String direction(Enum<?> direction, String both) {
        return direction.name().equals("BOTH") ? both : direction.name().toLowerCase(Locale.ROOT);
    }

    private String fields(Struct struct) {
        return struct.fields().stream().map(this::field).collect(Collectors.joining(", "));
    }

    private String field(Field field) {
        return field.name() + ": " + notation(field.type());
    }

    /** Shorter than the full notation: a string of the usual bound is a string, 16 opaque bytes are a UUID. */
    private String notation(Type type) {
        if (type instanceof Text text && text.bound() == 4194304) {
            return "string";
        }
        if (type instanceof Opaque opaque && opaque.exact() && opaque.bound() == 16) {
            return "uuid";
        }
        if (type instanceof Maybe maybe) {
            return notation(maybe.of()) + "?";
        }
        if (type instanceof Struct struct) {
            return name(struct);
        }
        return type instanceof Array array ? notation(array.of()) + "[" + array.bound() + "]" : type.notation();
    }

    /** The struct's name by rule, or a shorter one that the tables gave the same fields: CheckpointRef. */
    private String name(Struct struct) {
        return structs.stream()
                .filter(ours -> struct.name().endsWith(ours.name()) && isSame(ours, struct))
                .map(Struct::name)
                .findFirst()
                .orElse(struct.name());
    }

    private static boolean isSame(Struct ours, Struct theirs) {
        List<String> differences = new ArrayList<>();
        new TypeComparison(differences::add).structs("", ours, theirs);
        return differences.isEmpty();
    }
}
