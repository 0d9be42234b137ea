// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import dev.virtwire.gen.model.Scope.Declared;
import dev.virtwire.gen.model.Type.Scalar;
import dev.virtwire.gen.table.FieldNode;
import dev.virtwire.gen.table.Item;
import dev.virtwire.gen.table.Item.ArmNode;
import dev.virtwire.gen.table.Item.EnumItem;
import dev.virtwire.gen.table.Item.StructItem;
import dev.virtwire.gen.table.Item.UnionItem;
import dev.virtwire.gen.table.Position;
import dev.virtwire.gen.table.TypeNode;
import dev.virtwire.gen.table.TypeNode.ArraySuffix;
import dev.virtwire.gen.table.TypeNode.Suffix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns types as written into types. If a type is wrong, the error is noted and an int stands in for it, so that one
 * run finds all errors.
 */
final class TypeResolver {
    private final Errors errors;
    private final EnumLinker enums;
    private final Map<Item, Type> resolved = new HashMap<>();
    /** Declarations being resolved, outermost first: meeting one of them again is recursion. */
    private final List<Item> open = new ArrayList<>();

    TypeResolver(Errors errors) {
        this.errors = errors;
        this.enums = new EnumLinker(errors);
    }

    /** The fields of a struct, of arguments, of a result. */
    List<Field> fields(Scope scope, List<FieldNode> nodes) {
        List<Field> fields = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (FieldNode node : nodes) {
            if (!names.add(node.name())) {
                errors.add(node.position(), "field " + node.name() + " is there twice");
            }
            fields.add(field(scope, node));
        }
        return List.copyOf(fields);
    }

    Struct struct(Scope scope, StructItem item) {
        return (Struct) declared(scope, item, item.position());
    }

    Union union(Scope scope, UnionItem item) {
        return (Union) declared(scope, item, item.position());
    }

    Enumeration enumeration(Scope scope, EnumItem item) {
        return enums.link(scope, item);
    }

    private Field field(Scope scope, FieldNode node) {
        if (!Names.isField(node.name())) {
            errors.add(
                    node.position(),
                    "field " + node.name() + ": a field's name starts with a small letter and has no underscore");
        } else if (Names.isReserved(node.name())) {
            errors.add(node.position(), "field " + node.name() + ": Java keeps that name for itself");
        }
        return new Field(node.name(), type(scope, node), node.secret(), node.doc());
    }

    private Type type(Scope scope, FieldNode field) {
        TypeNode node = field.type();
        Position position = field.position();
        Type type = base(scope, node, position);
        for (Suffix suffix : node.suffixes()) {
            if (suffix instanceof ArraySuffix array) {
                OptionalLong bound = array.bound();
                if (bound.isEmpty()) {
                    errors.add(position, "field " + field.name() + ": the array is unbounded, write how many at most");
                }
                type = new Type.Array(type, bound(bound.orElse(1), position));
            } else if (type instanceof Type.Maybe) {
                errors.add(position, "field " + field.name() + " is optional twice");
            } else {
                type = new Type.Maybe(type);
            }
        }
        return type;
    }

    private Type base(Scope scope, TypeNode node, Position position) {
        return switch (node.base()) {
            case "string" -> text(scope, node, position);
            case "opaque" -> new Type.Opaque(bytes(node, position), node.exact());
            case "chars" -> new Type.Chars(bytes(node, position), node.exact());
            default -> {
                refuse(node.bound().isPresent(), node.base() + " takes no bound", position);
                Optional<Scalar> scalar = scalar(node.base());
                if (scalar.isEmpty()) {
                    yield named(scope, node, position);
                }
                refuseCarrier(node, position);
                yield scalar.get();
            }
        };
    }

    private Type text(Scope scope, TypeNode node, Position position) {
        refuse(node.exact(), "a string has no exact length", position);
        refuseCarrier(node, position);
        OptionalLong bound =
                node.bound().isPresent() ? node.bound() : scope.program().stringBound();
        refuse(bound.isEmpty(), "the string is unbounded and its program gives no bound for strings", position);
        return new Type.Text(bound(bound.orElse(1), position));
    }

    private int bytes(TypeNode node, Position position) {
        refuse(node.bound().isEmpty(), "the " + node.base() + " is unbounded, write how many at most", position);
        refuseCarrier(node, position);
        return bound(node.bound().orElse(1), position);
    }

    private Type named(Scope scope, TypeNode node, Position position) {
        Declared declared = scope.find(node.base());
        if (declared == null) {
            errors.add(position, "unknown type " + node.base());
            return Scalar.INT;
        }
        if (declared.item() instanceof EnumItem item) {
            Enumeration enumeration = enums.link(declared.owner(), item);
            return new Type.Coded(enumeration, enums.carrier(item, node.carrier(), position));
        }
        refuseCarrier(node, position);
        return declared(declared.owner(), declared.item(), position);
    }

    private Type declared(Scope scope, Item item, Position user) {
        Type known = resolved.get(item);
        if (known != null) {
            return known;
        }
        if (open.contains(item)) {
            String path = String.join(
                    " -> ",
                    open.subList(open.indexOf(item), open.size()).stream()
                            .map(Item::name)
                            .toList());
            errors.add(user, "recursion: " + path + " -> " + item.name());
            return Scalar.INT;
        }
        open.add(item);
        Type type = item instanceof StructItem struct ? open(scope, struct) : open(scope, (UnionItem) item);
        open.remove(item);
        resolved.put(item, type);
        return type;
    }

    private Struct open(Scope scope, StructItem item) {
        refuse(item.fields().isEmpty(), "struct " + item.name() + " has no fields", item.position());
        return new Struct(
                scope.program().name(),
                item.name(),
                Struct.Role.STRUCT,
                item.name(),
                item.doc(),
                item.source(),
                fields(scope, item.fields()));
    }

    private Union open(Scope scope, UnionItem item) {
        List<Union.Arm> arms = new ArrayList<>();
        Set<Long> numbers = new HashSet<>();
        Set<String> names = new HashSet<>();
        for (ArmNode arm : item.arms()) {
            Position position = arm.field().position();
            refuse(!numbers.add(arm.number()), "arm " + arm.number() + " is there twice", position);
            refuse(
                    !names.add(arm.field().name().toLowerCase(Locale.ROOT)),
                    "arm " + arm.field().name() + " is there twice",
                    position);
            refuse((int) arm.number() != arm.number(), arm.number() + " is no 32-bit number", position);
            arms.add(new Union.Arm((int) arm.number(), field(scope, arm.field())));
        }
        return new Union(scope.program().name(), item.name(), item.doc(), item.source(), List.copyOf(arms));
    }

    private void refuseCarrier(TypeNode node, Position position) {
        refuse(node.carrier() != null, node.base() + " is not carried by something else", position);
    }

    private void refuse(boolean wrong, String text, Position position) {
        if (wrong) {
            errors.add(position, text);
        }
    }

    private int bound(long bound, Position position) {
        if (bound < 1 || bound > Integer.MAX_VALUE) {
            errors.add(position, "a bound of " + bound + " is outside 1 to " + Integer.MAX_VALUE);
            return 1;
        }
        return (int) bound;
    }

    static Optional<Scalar> scalar(@Nullable String name) {
        for (Scalar scalar : Scalar.values()) {
            if (scalar.notation().equals(name)) {
                return Optional.of(scalar);
            }
        }
        return Optional.empty();
    }
}
