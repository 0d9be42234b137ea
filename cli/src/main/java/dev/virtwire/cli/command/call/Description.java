// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.call;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.StreamProcedure;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the client carries of the protocol tables: the procedures that can be called, and the types of their fields. */
final class Description {
    /** Program admin has a socket of its own, and keepalive no procedures. */
    private static final List<String> PROGRAMS = List.of("remote", "qemu", "lxc");

    private final List<Called> procedures = new ArrayList<>();
    private final Map<String, Map<String, ?>> programs = new LinkedHashMap<>();

    private Description() {}

    /**
     * A procedure as the tables describe it.
     *
     * @param program the program's name
     * @param entry what the description says about it
     */
    record Called(String program, Map<String, ?> entry) {
        String name() {
            return text("name");
        }

        String text(String key) {
            return Objects.requireNonNullElse((String) entry.get(key), "");
        }

        /** {@code arguments} or {@code result}, each field with its name, type and doc. */
        List<Field> fields(String part) {
            return Description.fields(entry.get(part));
        }

        /** Whether a plain call cannot do it, and why; empty if it can. */
        String obstacle() {
            if (entry.containsKey("stream")) {
                return "it opens a stream";
            }
            return entry.containsKey("fds") ? "it passes file descriptors" : "";
        }
    }

    /** A field as the tables describe it. */
    record Field(String name, String type, String doc) {}

    /** Reads what the client carries of the programs that a connection to a hypervisor speaks. */
    static Description load() {
        return load(PROGRAMS);
    }

    /** Reads what the client carries of some programs. */
    static Description load(List<String> names) {
        Description description = new Description();
        try (InputStream in = Procedure.class.getResourceAsStream("/META-INF/virtwire/protocol.json");
                JsonParser parser = new JsonFactory().createParser(in)) {
            Map<String, ?> root = map(JsonTree.read(parser));
            for (Object each : list(root.get("programs"))) {
                Map<String, ?> program = map(each);
                String name = (String) Objects.requireNonNull(program.get("name"));
                if (names.contains(name)) {
                    description.programs.put(name, program);
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("the client's own description of the protocol cannot be read", e);
        }
        for (String program : names) {
            for (Object entry : list(
                    Objects.requireNonNull(description.programs.get(program)).get("procedures"))) {
                description.procedures.add(new Called(program, map(entry)));
            }
        }
        return description;
    }

    /** All procedures, by program and area. */
    List<Called> procedures() {
        return procedures;
    }

    /** The procedure of that name, in whatever case, or of that number. */
    Called procedure(String name) {
        return find(name)
                .orElseThrow(() -> CommandException.notFound(
                        "there is no procedure '" + name + "'; virtwire call --list names those that there are"));
    }

    /** The procedure of a name, in whatever case, or of a number: {@code 212} of program remote, or {@code qemu/1}. */
    Optional<Called> find(String name) {
        return procedures.stream()
                .filter(procedure -> procedure.name().equalsIgnoreCase(name)
                        || (procedure.program() + "/" + procedure.entry().get("number"))
                                .equals(name.contains("/") ? name : "remote/" + name))
                .findFirst();
    }

    /** The fields of a struct or the arms of a union; empty if the name is neither's. */
    Optional<List<Field>> declared(String kind, String type) {
        return programs.values().stream()
                .map(program -> map(program.get(kind)).get(type))
                .filter(Objects::nonNull)
                .findFirst()
                .map(Description::fields);
    }

    /** An enum's or flags' constants; empty if the name is not one's. */
    Optional<Map<String, ?>> constants(String type) {
        return enumeration(type).map(entry -> map(entry.get("constants")));
    }

    /** Whether the type is flags. */
    boolean isFlags(String type) {
        return enumeration(type).filter(entry -> entry.containsKey("flags")).isPresent();
    }

    private Optional<Map<String, ?>> enumeration(String type) {
        return programs.values().stream()
                .map(program -> map(program.get("enums")).get(type))
                .filter(Objects::nonNull)
                .findFirst()
                .map(Description::map);
    }

    /**
     * The generated class of that name, which is in the program's package or in that of the one whose types it uses.
     */
    Class<?> generated(String program, String name) {
        for (String each : List.of(program, "remote")) {
            try {
                return Class.forName(Procedure.class.getPackageName() + "." + each + "." + name);
            } catch (ClassNotFoundException e) {
                // It is in the next one.
            }
        }
        throw new IllegalStateException("the client lacks its own class " + name);
    }

    /** The constant of a procedure, whose generic type says what its arguments and result are. */
    java.lang.reflect.Field constant(Called called) {
        try {
            return generated(called.program(), called.text("area") + "Procedures")
                    .getField(constant(called.name()));
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException("the client lacks its own procedure " + called.name(), e);
        }
    }

    /** A procedure; of one that opens a stream, the call that does. */
    Procedure<?, ?> toCall(Called called) {
        try {
            Object value = constant(called).get(null);
            return value instanceof StreamProcedure<?, ?, ?> opening ? opening.call() : (Procedure<?, ?>) value;
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("the client hides its own procedure " + called.name(), e);
        }
    }

    private static List<Field> fields(@Nullable Object described) {
        List<Field> fields = new ArrayList<>();
        for (Object each : described == null ? List.of() : list(described)) {
            Map<String, ?> field = map(each);
            fields.add(new Field(
                    (String) Objects.requireNonNull(field.get("name")),
                    (String) Objects.requireNonNull(field.get("type")),
                    Objects.requireNonNullElse((String) field.get("doc"), "")));
        }
        return fields;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, ?> map(@Nullable Object value) {
        return (Map<String, ?>) Objects.requireNonNull(value);
    }

    private static List<?> list(@Nullable Object value) {
        return (List<?>) Objects.requireNonNull(value);
    }

    /** {@code DomainGetInfo} as {@code DOMAIN_GET_INFO}, as the generator does it. */
    static String constant(String name) {
        return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_")
                .toUpperCase(Locale.ROOT);
    }
}
