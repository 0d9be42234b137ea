// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.model.Field;
import dev.virtwire.gen.model.Struct;
import dev.virtwire.gen.model.Type;
import dev.virtwire.gen.model.Type.Array;
import dev.virtwire.gen.model.Type.Coded;
import dev.virtwire.gen.model.Type.Maybe;
import dev.virtwire.gen.model.Type.Scalar;
import dev.virtwire.gen.model.Union;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Compares what goes over the wire, and the fields' names. Representation is ours: an enum or flags count as the number
 * that carries them, a UUID as 16 opaque bytes; structs' and union arms' names are not compared.
 */
final class TypeComparison {
    private final Consumer<String> differences;

    TypeComparison(Consumer<String> differences) {
        this.differences = differences;
    }

    /** Compares arguments, results or bodies, either of which may be missing. */
    void structs(String path, @Nullable Struct ours, @Nullable Struct theirs) {
        fields(path, ours == null ? List.of() : ours.fields(), theirs == null ? List.of() : theirs.fields());
    }

    private void fields(String path, List<Field> ours, List<Field> theirs) {
        for (int i = 0; i < Math.max(ours.size(), theirs.size()); i++) {
            String place = path + " " + (i + 1);
            if (i >= ours.size()) {
                Field field = theirs.get(i);
                add(place, "nothing", field.name() + ": " + field.type().notation());
            } else if (i >= theirs.size()) {
                Field field = ours.get(i);
                add(place, field.name() + ": " + field.type().notation(), "nothing");
            } else {
                field(place, ours.get(i), theirs.get(i));
            }
        }
    }

    private void field(String place, Field ours, Field theirs) {
        if (!ours.name().equals(theirs.name())) {
            add(place, ours.name(), theirs.name());
        }
        types(place + " " + ours.name(), ours.type(), theirs.type());
    }

    private void types(String path, Type ourType, Type theirs) {
        Type ours = onTheWire(ourType);
        if (ours instanceof Struct ourStruct && theirs instanceof Struct theirStruct) {
            fields(path, ourStruct.fields(), theirStruct.fields());
        } else if (ours instanceof Union ourUnion && theirs instanceof Union theirUnion) {
            arms(path, ourUnion, theirUnion);
        } else if (ours instanceof Maybe ourMaybe && theirs instanceof Maybe theirMaybe) {
            types(path, ourMaybe.of(), theirMaybe.of());
        } else if (ours instanceof Array ourArray && theirs instanceof Array theirArray) {
            if (ourArray.bound() != theirArray.bound()) {
                add(path, "at most " + ourArray.bound(), "at most " + theirArray.bound());
            }
            types(path, ourArray.of(), theirArray.of());
        } else if (!ours.equals(theirs)) {
            add(path, ourType.notation(), theirs.notation());
        }
    }

    private void arms(String path, Union ours, Union theirs) {
        TreeMap<Integer, Type> ourArms = new TreeMap<>();
        ours.arms().forEach(arm -> ourArms.put(arm.number(), arm.field().type()));
        TreeMap<Integer, Type> theirArms = new TreeMap<>();
        theirs.arms().forEach(arm -> theirArms.put(arm.number(), arm.field().type()));
        TreeSet<Integer> numbers = new TreeSet<>(ourArms.keySet());
        numbers.addAll(theirArms.keySet());
        for (int number : numbers) {
            Type our = ourArms.get(number);
            Type their = theirArms.get(number);
            String place = path + " arm " + number;
            if (our != null && their != null) {
                types(place, our, their);
            } else {
                add(place, our == null ? "nothing" : our.notation(), their == null ? "nothing" : their.notation());
            }
        }
    }

    private static Type onTheWire(Type type) {
        if (type instanceof Coded coded) {
            return coded.carrier();
        }
        return type == Scalar.UUID ? new Type.Opaque(16, true) : type;
    }

    private void add(String place, String ours, String theirs) {
        differences.accept(place + ": " + ours + ", upstream " + theirs);
    }
}
