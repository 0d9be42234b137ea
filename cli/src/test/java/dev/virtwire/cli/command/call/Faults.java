// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.call;

import dev.virtwire.cli.command.call.Description.Field;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** From the types of the tables: JSON that fits them, and JSON with one thing wrong. */
final class Faults {
    /**
     * One thing that is wrong.
     *
     * @param json the value with it
     * @param field the way to it
     * @param error what an error says behind the field's name
     */
    record Fault(Object json, String field, String error) {}

    private final Description description;
    private final boolean newer;

    /** Values of megabytes within a struct are tried once, not in each of hundreds of procedures. */
    private final Set<String> largeTried = new HashSet<>();

    private final Map<Integer, String> tooLong = new HashMap<>();

    Faults(Description description) {
        this(description, false);
    }

    private Faults(Description description, boolean newer) {
        this.description = description;
        this.newer = newer;
    }

    /** Whose values are those of a newer libvirt: numbers that no constant has, and flags with all bits set. */
    static Faults newer(Description description) {
        return new Faults(description, true);
    }

    /** Arguments that fit. */
    Map<String, Object> good(List<Field> fields) {
        Map<String, Object> json = new LinkedHashMap<>();
        fields.forEach(field -> json.put(field.name(), good(field.type())));
        return json;
    }

    /** Everything that can be wrong with arguments. */
    List<Fault> of(List<Field> fields) {
        return ofObject(fields, "", "");
    }

    private Object good(String type) {
        if (type.contains("] as ")) {
            return List.of(good(type.replaceFirst("\\[\\d+]", "")));
        }
        if (type.endsWith("?")) {
            return good(type.substring(0, type.length() - 1));
        }
        if (type.endsWith("]")) {
            return List.of(good(element(type)));
        }
        String base = base(type);
        return switch (base) {
            case "int", "uint", "char", "uchar", "ushort", "i64", "u64", "double" -> BigInteger.ONE;
            case "string" -> "x";
            case "chars" -> "x".repeat(type.contains("(=") ? bound(type) : 1);
            case "uuid" -> "c7a5fdbd-edaf-9455-926a-d65c16db1809";
            case "opaque" -> base64(type.contains("(=") ? bound(type) : 1);
            default -> newer && description.constants(base).isPresent() ? unknown(type) : goodNamed(base);
        };
    }

    /** A number without a name; the carrier of {@code E as uchar} is a uchar. */
    private BigInteger unknown(String type) {
        int bits = type.endsWith("char") ? 7 : type.endsWith("ushort") ? 16 : type.endsWith("64") ? 63 : 31;
        BigInteger all = BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE);
        return description.isFlags(base(type)) ? all : all.subtract(BigInteger.valueOf(5));
    }

    private Object goodNamed(String type) {
        if (description.constants(type).isPresent()) {
            String constant =
                    description.constants(type).get().keySet().iterator().next();
            return description.isFlags(type) ? List.of(constant) : constant;
        }
        return description.declared("structs", type).map(this::good).orElseGet(() -> {
            Field arm = description.declared("unions", type).orElseThrow().get(0);
            return Map.of(arm.name(), good(arm.type()));
        });
    }

    private List<Fault> of(String type, String path, String owner) {
        if (type.endsWith("?")) {
            return ofPresent(type.substring(0, type.length() - 1), path, owner);
        }
        List<Fault> faults = ofPresent(type, path, owner);
        faults.add(new Fault(null, path, ""));
        return faults;
    }

    private List<Fault> ofPresent(String type, String path, String owner) {
        List<Fault> faults = new ArrayList<>();
        if (type.endsWith("]")) {
            int bound = Integer.parseInt(type.substring(type.lastIndexOf('[') + 1, type.length() - 1));
            Object good = good(element(type));
            faults.add(new Fault("x", path, "it must be an array"));
            faults.add(new Fault(
                    Collections.nCopies(bound + 1, good), path, bound + 1 + " elements exceed the bound of " + bound));
            for (Fault fault : of(element(type), path + "[1]", owner)) {
                List<Object> list = new ArrayList<>(List.of(good));
                list.add(fault.json());
                faults.add(new Fault(list, fault.field(), fault.error()));
            }
            return faults;
        }
        switch (base(type)) {
            case "int" -> number(faults, path, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case "uint" -> number(faults, path, 0, 0xffff_ffffL);
            case "char" -> number(faults, path, Byte.MIN_VALUE, Byte.MAX_VALUE);
            case "uchar" -> number(faults, path, 0, 0xff);
            case "ushort" -> number(faults, path, 0, 0xffff);
            case "i64" -> number(faults, path, Long.MIN_VALUE, Long.MAX_VALUE);
            case "u64" -> {
                faults.add(new Fault(BigInteger.ONE.shiftLeft(64), path, "18446744073709551616 is not between 0 and"));
                faults.add(new Fault(BigInteger.ONE.negate(), path, "-1 is not between 0 and"));
            }
            case "double" -> faults.add(new Fault("1.5", path, "it must be a number"));
            case "uuid" -> {
                faults.add(new Fault(BigInteger.ONE, path, "it must be a string"));
                faults.add(new Fault("7-7-7-7-7", path, "'7-7-7-7-7' is not a UUID"));
            }
            case "string" -> {
                faults.add(new Fault(BigInteger.ONE, path, "it must be a string"));
                faults.add(new Fault("a\0b", path, "a NUL character at position 1"));
                faults.add(new Fault("a\ud83d", path, "half a surrogate pair at position 1"));
                large(faults, type, path, owner, tooLong(bound(type)));
            }
            case "opaque" -> {
                faults.add(new Fault(List.of(), path, "it must be a string"));
                faults.add(new Fault("!", path, "it is not Base64"));
                large(faults, type, path, owner, base64(bound(type) + 1));
            }
            case "chars" -> {
                faults.add(new Fault(true, path, "it must be a string"));
                faults.add(new Fault(
                        "x".repeat(bound(type) + 1),
                        path,
                        bound(type) + 1 + " elements exceed the bound of " + bound(type)));
            }
            default -> named(faults, base(type), path);
        }
        return faults;
    }

    private void named(List<Fault> faults, String type, String path) {
        faults.add(new Fault(true, path, ""));
        if (description.constants(type).isPresent()) {
            Object unknown = description.isFlags(type) ? List.of("nothing") : "nothing";
            faults.add(new Fault(unknown, path, "nothing is not one of " + type));
            faults.add(new Fault(BigInteger.ONE.shiftLeft(64), path, "18446744073709551616 is "));
            return;
        }
        List<Field> struct = description.declared("structs", type).orElse(null);
        if (struct != null) {
            faults.addAll(ofObject(struct, path + ".", type));
            return;
        }
        faults.add(new Fault(Map.of(), path, "it has one of "));
        for (Field arm : description.declared("unions", type).orElseThrow()) {
            for (Fault fault : of(arm.type(), path + "." + arm.name(), type)) {
                Map<String, Object> json = new LinkedHashMap<>();
                json.put(arm.name(), fault.json());
                faults.add(new Fault(json, fault.field(), fault.error()));
            }
        }
    }

    private List<Fault> ofObject(List<Field> fields, String path, String owner) {
        List<Fault> faults = new ArrayList<>();
        Map<String, Object> good = good(fields);
        Map<String, Object> surplus = new LinkedHashMap<>(good);
        surplus.put("surplus", BigInteger.ONE);
        faults.add(new Fault(surplus, path + "surplus", "there is no such field"));
        for (Field field : fields) {
            if (isNeeded(field)) {
                Map<String, Object> without = new LinkedHashMap<>(good);
                without.remove(field.name());
                faults.add(new Fault(without, path + field.name(), "it is missing; its type is " + field.type()));
            }
            for (Fault fault : of(field.type(), path + field.name(), owner)) {
                Map<String, Object> wrong = new LinkedHashMap<>(good);
                wrong.put(field.name(), fault.json());
                faults.add(new Fault(wrong, fault.field(), fault.error()));
            }
        }
        return faults;
    }

    private boolean isNeeded(Field field) {
        return !field.type().endsWith("?")
                && !field.type().endsWith("]")
                && !description.isFlags(base(field.type()))
                && !(field.name().equals("flags") && field.type().equals("uint"));
    }

    private void large(List<Fault> faults, String type, String path, String owner, String json) {
        if (owner.isEmpty() || largeTried.add(owner + path.substring(path.lastIndexOf('.')))) {
            faults.add(new Fault(json, path, bound(type) + 1 + " bytes exceed the bound of " + bound(type)));
        }
    }

    private String tooLong(int bound) {
        return tooLong.computeIfAbsent(bound, length -> "x".repeat(length + 1));
    }

    private static void number(List<Fault> faults, String path, long min, long max) {
        faults.add(new Fault("1", path, "it must be a whole number"));
        BigInteger low = BigInteger.valueOf(min).subtract(BigInteger.ONE);
        BigInteger high = BigInteger.valueOf(max).add(BigInteger.ONE);
        faults.add(new Fault(low, path, low + " is not between " + min + " and " + max));
        faults.add(new Fault(high, path, high + " is not between " + min + " and " + max));
    }

    private static String element(String type) {
        return type.substring(0, type.lastIndexOf('['));
    }

    private static String base(String type) {
        return type.replaceFirst("[(\\[? ].*", "");
    }

    private static int bound(String type) {
        return Integer.parseInt(type.replaceFirst("^[^(]*\\(=?(\\d+)\\).*", "$1"));
    }

    private static String base64(int bytes) {
        return Base64.getEncoder().encodeToString(new byte[bytes]);
    }
}
