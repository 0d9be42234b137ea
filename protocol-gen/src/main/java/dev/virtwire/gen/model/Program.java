// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A program with its areas.
 *
 * @param number an unsigned 32-bit number
 */
public record Program(String name, int number, int version, List<Area> areas) {
    /** Every struct of its own: declared, arguments, results, messages. */
    public List<Struct> structs() {
        return areas.stream()
                .flatMap(area -> Stream.concat(area.structs().stream(), implied(area)))
                .toList();
    }

    /** Structs and unions of other programs that its own contain. */
    public Set<Type> borrowed() {
        Set<Type> seen = new LinkedHashSet<>();
        Deque<Type> left = new ArrayDeque<>(structs());
        while (!left.isEmpty()) {
            Type type = left.remove();
            if (seen.add(type)) {
                left.addAll(type.parts());
            }
        }
        seen.removeIf(type -> name.equals(owner(type)));
        return seen;
    }

    private static Stream<Struct> implied(Area area) {
        return Stream.concat(
                        area.procedures().stream()
                                .flatMap(procedure -> Stream.of(procedure.arguments(), procedure.result())
                                        .filter(Objects::nonNull)),
                        area.events().stream().map(Event::body))
                .filter(Objects::nonNull);
    }

    /** The program a struct or union belongs to; of other types the asking one, for they belong to nobody. */
    private String owner(Type type) {
        if (type instanceof Struct struct) {
            return struct.program();
        }
        return type instanceof Union union ? union.program() : name;
    }
}
