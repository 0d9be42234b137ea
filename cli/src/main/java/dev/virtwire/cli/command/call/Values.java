// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.call;

import dev.virtwire.cli.command.call.Description.Called;
import dev.virtwire.cli.command.call.Description.Field;
import dev.virtwire.cli.output.CommandException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Turns JSON into the generated records of one program, and such records into JSON, by the types that the tables give
 * the fields. Errors name the field.
 */
final class Values {
    private static final BigInteger MAX_U64 = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    private static final Pattern UUID_TEXT = Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

    private final Description description;
    private final String program;
    private final Function<String, ?> domainByName;
    private final List<String> unnamed = new ArrayList<>();

    Values(Description description, String program, Function<String, ?> domainByName) {
        this.description = description;
        this.program = program;
        this.domainByName = domainByName;
    }

    /** Turns results into JSON. */
    Values(Description description, String program) {
        this(description, program, name -> {
            throw new IllegalStateException("a result names no domain to look up");
        });
    }

    /** The arguments of a procedure as its record; null for one that has none. */
    @Nullable
    Object toArguments(Called called, Map<?, ?> json) {
        List<Field> fields = called.fields("arguments");
        if (fields.isEmpty()) {
            if (!json.isEmpty()) {
                throw CommandException.usage(called.name() + " takes no arguments", null);
            }
            return null;
        }
        var type = (ParameterizedType) description.constant(called).getGenericType();
        return toRecord("", (Class<?>) type.getActualTypeArguments()[0], fields, json, true);
    }

    /** The record of these fields, of which none but optional ones, flags and arrays may be missing. */
    Object toRecord(String path, Class<?> type, List<Field> fields, Map<?, ?> json, boolean arguments) {
        for (Object name : json.keySet()) {
            if (fields.stream().noneMatch(field -> field.name().equals(name))) {
                throw wrong(
                        path + name,
                        "there is no such field; there are "
                                + String.join(
                                        ", ", fields.stream().map(Field::name).toList()));
            }
        }
        @Nullable Object[] values = new @Nullable Object[fields.size()];
        for (int i = 0; i < values.length; i++) {
            Field field = fields.get(i);
            String place = path + field.name();
            boolean given = json.containsKey(field.name());
            values[i] = given
                    ? toJava(place, field.type(), json.get(field.name()), arguments)
                    : missing(place, field, arguments);
        }
        return make(type, values);
    }

    private static Object make(Class<?> type, @Nullable Object... values) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
        }
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            return constructor.newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the client's own " + type + " cannot be made", e);
        }
    }

    private @Nullable Object missing(String path, Field field, boolean arguments) {
        String type = field.type();
        if (type.endsWith("?")) {
            return null;
        }
        if (field.name().equals("flags") && type.equals("uint")) {
            return 0L;
        }
        if (type.endsWith("]") || description.isFlags(base(type))) {
            return toJava(path, type, List.of(), arguments);
        }
        throw wrong(path, "it is missing; its type is " + type);
    }

    private @Nullable Object toJava(String path, String declared, @Nullable Object json, boolean arguments) {
        // What carries an enum stands at the end, behind the brackets of an array.
        String type = declared.replaceFirst(" as \\w+$", "");
        if (type.endsWith("?")) {
            return json == null ? null : toJava(path, type.substring(0, type.length() - 1), json, arguments);
        }
        if (type.endsWith("]")) {
            String element = type.substring(0, type.lastIndexOf('['));
            List<@Nullable Object> elements = new ArrayList<>();
            for (Object each : as(List.class, path, type, json)) {
                elements.add(toJava(path + "[" + elements.size() + "]", element, each, false));
            }
            return elements;
        }
        String base = base(type);
        return switch (base) {
            case "int" -> (int) number(path, type, json, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case "char" -> (int) number(path, type, json, Byte.MIN_VALUE, Byte.MAX_VALUE);
            case "uchar" -> (int) number(path, type, json, 0, 0xff);
            case "ushort" -> (int) number(path, type, json, 0, 0xffff);
            case "uint" -> number(path, type, json, 0, 0xffff_ffffL);
            case "i64" -> number(path, type, json, Long.MIN_VALUE, Long.MAX_VALUE);
            case "u64" -> unsigned(path, type, json);
            case "double" -> real(path, as(Number.class, path, type, json));
            case "string" -> as(String.class, path, type, json);
            case "uuid" -> uuid(path, as(String.class, path, type, json));
            case "opaque" -> bytes(path, as(String.class, path, type, json));
            case "chars" -> as(String.class, path, type, json).getBytes(StandardCharsets.UTF_8);
            default -> named(path, base, json, arguments);
        };
    }

    private Object named(String path, String type, @Nullable Object json, boolean arguments) {
        if (description.constants(type).isPresent()) {
            return description.isFlags(type) ? flags(path, type, json, arguments) : constant(path, type, json);
        }
        if (type.equals("DomainRef") && json instanceof String name) {
            return domainByName.apply(name);
        }
        Map<?, ?> object = as(Map.class, path, type, json);
        List<Field> struct = description.declared("structs", type).orElse(null);
        if (struct != null) {
            return toRecord(path + ".", description.generated(program, type), struct, object, false);
        }
        List<Field> arms = description.declared("unions", type).orElseThrow();
        for (Field arm : arms) {
            if (object.size() == 1 && object.containsKey(arm.name())) {
                String name = arm.name().substring(0, 1).toUpperCase(Locale.ROOT)
                        + arm.name().substring(1);
                return make(
                        description.generated(program, type + "$" + name),
                        toJava(path + "." + arm.name(), arm.type(), object.get(arm.name()), false));
            }
        }
        throw wrong(
                path,
                "it has one of "
                        + String.join(", ", arms.stream().map(Field::name).toList()));
    }

    /** What a newer server may understand and this version has no name for, in a sentence each. */
    List<String> unnamed() {
        return unnamed;
    }

    /** A list of names and of bits, or all bits as a number. In arguments it becomes a set. */
    private Object flags(String path, String type, @Nullable Object json, boolean arguments) {
        BigInteger bits = BigInteger.ZERO;
        for (Object each : json instanceof BigInteger ? List.of(json) : as(List.class, path, "list of " + type, json)) {
            bits = bits.or(each instanceof BigInteger number ? number : known(path, type, each));
        }
        if (bits.signum() < 0 || bits.bitLength() > Long.SIZE) {
            throw wrong(path, bits + " is not a set of bits");
        }
        if (!arguments) {
            return bits.longValue();
        }
        try {
            Class<?> generated = description.generated(program, type);
            Object named = generated.getMethod("of", long.class).invoke(null, bits.longValue());
            long rest = bits.longValue()
                    & ~(long) generated.getMethod("bits", Set.class).invoke(null, named);
            if (rest != 0) {
                unnamed.add(
                        "%s: 0x%x has no name in %s of this version, and is sent as it is".formatted(path, rest, type));
            }
            return generated.getMethod("raw", long.class).invoke(null, bits.longValue());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the client's own " + type + " cannot be made", e);
        }
    }

    private Object constant(String path, String type, @Nullable Object json) {
        return json instanceof BigInteger
                ? (int) number(path, type, json, Integer.MIN_VALUE, Integer.MAX_VALUE)
                : known(path, type, json).intValueExact();
    }

    private BigInteger known(String path, String type, @Nullable Object name) {
        Map<String, ?> constants = description.constants(type).orElseThrow();
        if (name instanceof String text && constants.get(text) instanceof BigInteger number) {
            return number;
        }
        throw wrong(
                path, "%s is not one of %s, which has %s".formatted(name, type, String.join(", ", constants.keySet())));
    }

    private static long number(String path, String type, @Nullable Object json, long min, long max) {
        BigInteger number = as(BigInteger.class, path, type, json);
        if (number.compareTo(BigInteger.valueOf(min)) < 0 || number.compareTo(BigInteger.valueOf(max)) > 0) {
            throw wrong(path, number + " is not between " + min + " and " + max);
        }
        return number.longValue();
    }

    private static long unsigned(String path, String type, @Nullable Object json) {
        BigInteger number = as(BigInteger.class, path, type, json);
        if (number.signum() < 0 || number.compareTo(MAX_U64) > 0) {
            throw wrong(path, number + " is not between 0 and " + MAX_U64);
        }
        return number.longValue();
    }

    private static double real(String path, Number number) {
        double value = number.doubleValue();
        if (Double.isInfinite(value)) {
            throw wrong(path, number + " is larger than a double can be");
        }
        return value;
    }

    private static UUID uuid(String path, String text) {
        // UUID.fromString alone takes "7-7-7-7-7" as well.
        if (!UUID_TEXT.matcher(text).matches()) {
            throw wrong(path, "'" + text + "' is not a UUID");
        }
        return UUID.fromString(text);
    }

    private static byte[] bytes(String path, String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw wrong(path, "it is not Base64");
        }
    }

    private static <T> T as(Class<T> wanted, String path, String type, @Nullable Object json) {
        if (!wanted.isInstance(json)) {
            throw wrong(path, "it must be " + word(wanted) + " (" + type + ")");
        }
        return wanted.cast(json);
    }

    private static String word(Class<?> type) {
        if (type == String.class) {
            return "a string";
        }
        if (type == List.class) {
            return "an array";
        }
        return type == Map.class ? "an object" : type == BigInteger.class ? "a whole number" : "a number";
    }

    private static CommandException wrong(String path, String what) {
        return CommandException.usage(path + ": " + what, null);
    }

    private static String base(String type) {
        return type.replaceFirst("[(\\[? ].*", "");
    }

    /** The fields of a record as JSON. */
    Map<String, @Nullable Object> toJson(List<Field> fields, Object value) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        RecordComponent[] components = value.getClass().getRecordComponents();
        for (int i = 0; i < components.length; i++) {
            object.put(fields.get(i).name(), toJson(fields.get(i).type(), read(components[i], value)));
        }
        return object;
    }

    private @Nullable Object toJson(String type, @Nullable Object value) {
        if (value == null) {
            return null;
        }
        if (value instanceof List<?> list) {
            String element = type.substring(0, type.lastIndexOf('['));
            List<@Nullable Object> array = new ArrayList<>();
            list.forEach(each -> array.add(toJson(element, each)));
            return array;
        }
        String base = base(type);
        if (description.constants(base).isPresent()) {
            return description.isFlags(base) ? flagNames(base, ((Number) value).longValue()) : name(base, value);
        }
        if (value instanceof byte[] bytes) {
            return base.equals("chars") ? text(bytes) : Base64.getEncoder().encodeToString(bytes);
        }
        if (value instanceof Double number) {
            return Double.isFinite(number) ? BigDecimal.valueOf(number) : number.toString();
        }
        if (value instanceof Number number) {
            return base.equals("u64")
                    ? new BigInteger(Long.toUnsignedString(number.longValue()))
                    : BigInteger.valueOf(number.longValue());
        }
        if (value instanceof String || value instanceof UUID) {
            return value.toString();
        }
        return description
                .declared("structs", base)
                .map(fields -> toJson(fields, value))
                .orElseGet(() -> arm(base, value));
    }

    private Map<String, @Nullable Object> arm(String union, Object value) {
        for (Field arm : description.declared("unions", union).orElseThrow()) {
            if (arm.name().equalsIgnoreCase(value.getClass().getSimpleName())) {
                Map<String, @Nullable Object> object = new LinkedHashMap<>();
                object.put(arm.name(), toJson(arm.type(), read(value.getClass().getRecordComponents()[0], value)));
                return object;
            }
        }
        throw new IllegalStateException("the client's own " + value.getClass() + " is not described");
    }

    /** The names of what is set, and one number for all bits that have none. */
    private List<Object> flagNames(String type, long bits) {
        List<Object> names = new ArrayList<>();
        long rest = bits;
        for (Map.Entry<String, ?> constant :
                description.constants(type).orElseThrow().entrySet()) {
            long bit = ((BigInteger) constant.getValue()).longValue();
            if ((bits & bit) != 0) {
                names.add(constant.getKey());
                rest &= ~bit;
            }
        }
        if (rest != 0) {
            names.add(new BigInteger(Long.toUnsignedString(rest)));
        }
        return names;
    }

    private Object name(String type, Object value) {
        BigInteger number = BigInteger.valueOf(((Number) value).longValue());
        for (Map.Entry<String, ?> constant :
                description.constants(type).orElseThrow().entrySet()) {
            if (number.equals(constant.getValue())) {
                return constant.getKey();
            }
        }
        return number;
    }

    private static String text(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    private static @Nullable Object read(RecordComponent component, Object value) {
        try {
            Method accessor = component.getAccessor();
            return accessor.invoke(value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the client's own " + value.getClass() + " cannot be read", e);
        }
    }
}
