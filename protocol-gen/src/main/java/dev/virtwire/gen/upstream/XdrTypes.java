// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.model.Field;
import dev.virtwire.gen.model.Struct;
import dev.virtwire.gen.model.Struct.Role;
import dev.virtwire.gen.model.Type;
import dev.virtwire.gen.model.Type.Scalar;
import dev.virtwire.gen.model.Union;
import dev.virtwire.gen.table.Position;
import dev.virtwire.gen.table.TableException;
import dev.virtwire.gen.upstream.XdrDefinition.Alias;
import dev.virtwire.gen.upstream.XdrDefinition.Arm;
import dev.virtwire.gen.upstream.XdrDefinition.Constant;
import dev.virtwire.gen.upstream.XdrDefinition.Declaration;
import dev.virtwire.gen.upstream.XdrDefinition.Enumeration;
import dev.virtwire.gen.upstream.XdrDefinition.Structure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Resolves C's names to types of the model. */
final class XdrTypes {
    private static final Map<String, Type> SCALARS = Map.of(
            "int", Scalar.INT,
            "unsigned int", Scalar.UINT,
            "hyper", Scalar.I64,
            "unsigned hyper", Scalar.U64,
            "double", Scalar.DOUBLE,
            "char", Scalar.CHAR,
            "unsigned char", Scalar.UCHAR,
            "unsigned short", Scalar.USHORT);

    private final Map<String, XdrDefinition> definitions = new HashMap<>();

    XdrTypes(List<XdrDefinition> all) {
        for (XdrDefinition definition : all) {
            XdrDefinition first = definitions.putIfAbsent(definition.name(), definition);
            if (first != null) {
                throw new TableException(
                        definition.position(), definition.name() + " is defined at " + first.position());
            }
        }
    }

    /** The struct of this name with another role; null if no struct has it. */
    @Nullable
    Struct struct(String name, Role role, String label) {
        if (!(definitions.get(name) instanceof Structure structure)) {
            return null;
        }
        Struct struct = struct(structure);
        return new Struct(struct.program(), struct.name(), role, label, "", "", struct.fields());
    }

    /** A number, a constant or a macro. */
    long number(String value, Position user) {
        if (Character.isLetter(value.charAt(0))) {
            if (definitions.get(value) instanceof Constant constant) {
                return number(constant.value(), constant.position());
            }
            Long macro = Macros.VALUES.get(value);
            if (macro == null) {
                throw new TableException(user, "unknown constant " + value);
            }
            return macro;
        }
        return Long.decode(value);
    }

    private Type type(Declaration declaration) {
        String base = declaration.type();
        return switch (declaration.shape()) {
            case OPTIONAL -> new Type.Maybe(named(base, declaration.position()));
            case VARIABLE, FIXED -> sized(declaration);
            case PLAIN -> named(base, declaration.position());
        };
    }

    private Type sized(Declaration declaration) {
        boolean exact = declaration.shape() == XdrDefinition.Shape.FIXED;
        if (declaration.size() == null) {
            throw new TableException(declaration.position(), declaration.name() + " is unbounded");
        }
        int bound = Math.toIntExact(number(declaration.size(), declaration.position()));
        return switch (declaration.type()) {
            case "opaque" -> new Type.Opaque(bound, exact);
            case "char" -> new Type.Chars(bound, exact);
            case "string" -> new Type.Text(bound);
            default -> array(declaration, bound, exact);
        };
    }

    private Type array(Declaration declaration, int bound, boolean exact) {
        if (exact) {
            throw new TableException(
                    declaration.position(), "no notation for an array of fixed length: " + declaration.name());
        }
        return new Type.Array(named(declaration.type(), declaration.position()), bound);
    }

    private Type named(String name, Position user) {
        Type scalar = SCALARS.get(name);
        if (scalar != null) {
            return scalar;
        }
        XdrDefinition definition = definitions.get(name);
        if (definition instanceof Alias alias) {
            return type(alias.declaration());
        }
        if (definition instanceof Enumeration) {
            return Scalar.INT;
        }
        if (definition instanceof Structure structure) {
            return struct(structure);
        }
        if (definition instanceof XdrDefinition.Union union) {
            return union(union);
        }
        throw new TableException(user, "unknown type " + name + "; name the file that defines it as well");
    }

    private Struct struct(Structure structure) {
        List<Field> fields = new ArrayList<>();
        for (Declaration declaration : structure.fields()) {
            Type type = type(declaration);
            // An event's body within that of its successor. On the wire there is no seam.
            if (type instanceof Struct inner && declaration.type().endsWith("_msg")) {
                fields.addAll(inner.fields());
            } else {
                fields.add(new Field(UpstreamNames.field(declaration.name()), type, false, ""));
            }
        }
        return new Struct(
                program(structure.name()),
                UpstreamNames.type(structure.name()),
                Role.STRUCT,
                structure.name(),
                "",
                structure.name(),
                List.copyOf(fields));
    }

    private Union union(XdrDefinition.Union union) {
        List<Union.Arm> arms = new ArrayList<>();
        for (Arm arm : union.arms()) {
            Position position = arm.field().position();
            int number = Math.toIntExact(number(arm.value(), position));
            Field field = new Field(UpstreamNames.field(arm.field().name()), type(arm.field()), false, "");
            arms.add(new Union.Arm(number, field));
        }
        return new Union(program(union.name()), UpstreamNames.type(union.name()), "", union.name(), List.copyOf(arms));
    }

    /** By habit a name starts with its program's. */
    private static String program(String name) {
        return Objects.requireNonNull(name.split("_")[0]);
    }
}
