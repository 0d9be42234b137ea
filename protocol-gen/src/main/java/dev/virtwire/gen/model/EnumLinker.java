// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import dev.virtwire.gen.model.Type.Scalar;
import dev.virtwire.gen.table.Item.ConstantNode;
import dev.virtwire.gen.table.Item.EnumItem;
import dev.virtwire.gen.table.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks enums and flags, and what carries them on the wire. */
final class EnumLinker {
    private static final Set<Scalar> ENUM_CARRIERS =
            Set.of(Scalar.INT, Scalar.UINT, Scalar.CHAR, Scalar.UCHAR, Scalar.USHORT);
    private static final Set<Scalar> FLAGS_CARRIERS = Set.of(Scalar.INT, Scalar.UINT, Scalar.U64);

    private final Errors errors;
    private final Map<EnumItem, Enumeration> linked = new HashMap<>();

    EnumLinker(Errors errors) {
        this.errors = errors;
    }

    Enumeration link(Scope scope, EnumItem item) {
        Enumeration known = linked.get(item);
        if (known == null) {
            known = check(scope, item);
            linked.put(item, known);
        }
        return known;
    }

    /** What carries a field: the word after {@code as}, or what the declaration says, or the usual. */
    Scalar carrier(EnumItem item, @Nullable String as, Position position) {
        Scalar usual = item.flags() ? Scalar.UINT : Scalar.INT;
        String word = as == null ? item.carrier() : as;
        if (word == null) {
            return usual;
        }
        Optional<Scalar> carrier =
                TypeResolver.scalar(word).filter((item.flags() ? FLAGS_CARRIERS : ENUM_CARRIERS)::contains);
        if (carrier.isEmpty()) {
            errors.add(
                    position,
                    word + " cannot carry "
                            + (item.flags()
                                    ? "flags: int, uint or u64 can"
                                    : "an enum: int, uint, " + "char, uchar or ushort can"));
        }
        return carrier.orElse(usual);
    }

    private Enumeration check(Scope scope, EnumItem item) {
        if (item.constants().isEmpty()) {
            errors.add(item.position(), item.name() + " has no constants");
        }
        carrier(item, null, item.position());
        List<Enumeration.Constant> constants = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Set<Long> numbers = new HashSet<>();
        for (ConstantNode node : item.constants()) {
            if (!Names.isField(node.name())) {
                errors.add(
                        node.position(),
                        "constant " + node.name() + ": its name starts with a small letter and has no underscore");
            }
            if (!names.add(Names.constant(node.name()))) {
                errors.add(node.position(), "constant " + node.name() + " is there twice");
            }
            if (!numbers.add(node.number())) {
                errors.add(node.position(), "constant " + node.name() + ": the number " + node.number() + " is taken");
            }
            checkNumber(item, node);
            constants.add(new Enumeration.Constant(node.name(), node.number(), node.since(), node.doc()));
        }
        return new Enumeration(
                scope.program().name(),
                item.name(),
                item.doc(),
                item.source(),
                item.flags(),
                item.upstream(),
                List.copyOf(constants));
    }

    private void checkNumber(EnumItem item, ConstantNode node) {
        if (item.flags() && Long.bitCount(node.number()) != 1) {
            errors.add(node.position(), "flag " + node.name() + ": " + node.number() + " is not a single bit");
        }
        if (!item.flags() && (int) node.number() != node.number()) {
            errors.add(node.position(), "constant " + node.name() + ": " + node.number() + " is no 32-bit number");
        }
    }
}
