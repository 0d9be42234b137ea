// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.params;

import dev.virtwire.protocol.remote.TypedParam;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A list of typed parameters, in libvirt's order, with readers by name. Immutable. A name may come more than once,
 * if libvirt's call says so; the readers of one value then take the last.
 *
 * <pre>{@code
 * TypedParameters limits = TypedParameters.builder().putUllong("total_iops_sec", 500).build();
 * long weight = domain.tuning().blkio().join().number("weight").orElse(0);
 * }</pre>
 *
 * @since 0.1
 */
public final class TypedParameters implements Iterable<TypedParameter> {
    private static final TypedParameters EMPTY = new TypedParameters(List.of());

    private final List<TypedParameter> all;
    private final Map<String, TypedParameter> byName = new LinkedHashMap<>();

    private TypedParameters(List<TypedParameter> all) {
        this.all = List.copyOf(all);
        this.all.forEach(parameter -> byName.put(parameter.name(), parameter));
    }

    /** None. */
    public static TypedParameters empty() {
        return EMPTY;
    }

    /** These. */
    public static TypedParameters of(List<TypedParameter> parameters) {
        return new TypedParameters(parameters);
    }

    /** As the protocol's stubs return them. */
    public static TypedParameters ofWire(List<TypedParam> params) {
        return new TypedParameters(params.stream().map(TypedParameter::of).toList());
    }

    /** As the protocol's stubs take them. */
    public List<TypedParam> toWire() {
        return all.stream().map(TypedParameter::toWire).toList();
    }

    /** Starts a list. */
    public static Builder builder() {
        return new Builder();
    }

    /** How many. */
    public int size() {
        return all.size();
    }

    /** Whether the list is empty. */
    public boolean isEmpty() {
        return all.isEmpty();
    }

    /** All of them, in libvirt's order. */
    public List<TypedParameter> asList() {
        return all;
    }

    @Override
    public Iterator<TypedParameter> iterator() {
        return all.iterator();
    }

    /** The parameter of that name ({@code virTypedParamsGet}). */
    public Optional<TypedParameter> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** All parameters of that name. */
    public List<TypedParameter> findAll(String name) {
        return all.stream().filter(parameter -> parameter.name().equals(name)).toList();
    }

    /**
     * A whole number, whatever its width and sign ({@code virTypedParamsGetInt} and its like); one beyond
     * {@link Long#MAX_VALUE} reads as negative, as its bits do. Empty if it is missing, or of another type.
     */
    public OptionalLong number(String name) {
        Object value = value(name);
        return value instanceof Integer || value instanceof Long
                ? OptionalLong.of(((Number) value).longValue())
                : OptionalLong.empty();
    }

    /**
     * A floating-point number ({@code virTypedParamsGetDouble}); empty if it is missing, or of another type.
     */
    public OptionalDouble real(String name) {
        return value(name) instanceof Double value ? OptionalDouble.of(value) : OptionalDouble.empty();
    }

    /** Yes or no ({@code virTypedParamsGetBoolean}); empty if it is not said, or is of another type. */
    public Optional<Boolean> flag(String name) {
        return value(name) instanceof Boolean value ? Optional.of(value) : Optional.empty();
    }

    /** Text ({@code virTypedParamsGetString}); empty if it is missing, or of another type. */
    public Optional<String> text(String name) {
        return value(name) instanceof String value ? Optional.of(value) : Optional.empty();
    }

    /** Those whose name begins so, without that beginning: of {@code net.0.name} with {@code net.0.}, {@code name}. */
    public TypedParameters under(String prefix) {
        return new TypedParameters(all.stream()
                .filter(parameter -> parameter.name().startsWith(prefix))
                .map(parameter -> renamed(parameter, parameter.name().substring(prefix.length())))
                .toList());
    }

    /** By name, in libvirt's order: Integer, Long, Double, Boolean or String. */
    public Map<String, Object> toMap() {
        Map<String, Object> values = new LinkedHashMap<>();
        all.forEach(parameter -> values.put(parameter.name(), parameter.value()));
        return Collections.unmodifiableMap(values);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TypedParameters parameters && parameters.all.equals(all);
    }

    @Override
    public int hashCode() {
        return all.hashCode();
    }

    /** {@code name=value, name=value}. */
    @Override
    public String toString() {
        return all.stream()
                .map(parameter -> parameter.name() + "=" + parameter.text())
                .collect(Collectors.joining(", "));
    }

    private @Nullable Object value(String name) {
        TypedParameter parameter = byName.get(name);
        return parameter == null ? null : parameter.value();
    }

    private static TypedParameter renamed(TypedParameter parameter, String name) {
        return TypedParameter.of(new TypedParam(name, parameter.toWire().value()));
    }

    /**
     * Builds a list; each {@code put} appends, as libvirt's {@code virTypedParamsAdd…} do.
     *
     * @since 0.1
     */
    public static final class Builder {
        /** libvirt's field has room for them and a NUL. */
        private static final int MAX_NAME_BYTES = 79;

        private final List<TypedParameter> parameters = new ArrayList<>();

        private Builder() {}

        /**
         * Appends a parameter.
         *
         * @throws IllegalArgumentException if its name is empty, has a NUL inside, or takes more than 79 bytes, as
         *     UTF-8
         */
        public Builder add(TypedParameter parameter) {
            checkName(parameter.name());
            parameters.add(parameter);
            return this;
        }

        private static void checkName(String name) {
            Objects.requireNonNull(name, "a parameter's name: null where a value is needed");
            if (name.isEmpty() || name.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("a parameter's name: empty, or with a NUL inside");
            }
            int bytes = name.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > MAX_NAME_BYTES) {
                throw new IllegalArgumentException(
                        "a parameter's name: %d bytes, and at most %d are allowed".formatted(bytes, MAX_NAME_BYTES));
            }
        }

        /** Appends a signed 32-bit number ({@code virTypedParamsAddInt}). */
        public Builder putInt(String name, int value) {
            return add(new TypedParameter.OfInt(name, value));
        }

        /**
         * Appends an unsigned 32-bit number ({@code virTypedParamsAddUInt}).
         *
         * @throws IllegalArgumentException if it is negative or too large
         */
        public Builder putUint(String name, long value) {
            return add(new TypedParameter.OfUint(name, value));
        }

        /** Appends a signed 64-bit number ({@code virTypedParamsAddLLong}). */
        public Builder putLlong(String name, long value) {
            return add(new TypedParameter.OfLlong(name, value));
        }

        /** Appends an unsigned 64-bit number ({@code virTypedParamsAddULLong}). */
        public Builder putUllong(String name, long bits) {
            return add(new TypedParameter.OfUllong(name, bits));
        }

        /** Appends a floating-point number ({@code virTypedParamsAddDouble}). */
        public Builder putDouble(String name, double value) {
            return add(new TypedParameter.OfDouble(name, value));
        }

        /** Appends yes or no ({@code virTypedParamsAddBoolean}). */
        public Builder putBoolean(String name, boolean value) {
            return add(new TypedParameter.OfBoolean(name, value));
        }

        /** Appends text ({@code virTypedParamsAddString}). */
        public Builder putString(String name, String value) {
            return add(new TypedParameter.OfString(name, value));
        }

        /** The list. */
        public TypedParameters build() {
            return new TypedParameters(parameters);
        }
    }
}
