// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.params;

import dev.virtwire.protocol.remote.TypedParam;
import dev.virtwire.protocol.remote.TypedParamValue;
import java.util.Objects;

/**
 * A named value that says which type it has ({@code virTypedParameter}).
 *
 * @since 0.1
 */
public sealed interface TypedParameter {
    /**
     * A signed 32-bit number.
     *
     * @since 0.1
     */
    record OfInt(String name, int number) implements TypedParameter {
        @Override
        public Integer value() {
            return number;
        }

        @Override
        public TypedParam toWire() {
            return new TypedParam(name, new TypedParamValue.IntValue(number));
        }
    }

    /**
     * An unsigned 32-bit number.
     *
     * @since 0.1
     */
    record OfUint(String name, long number) implements TypedParameter {
        /** Checks the range. */
        public OfUint {
            if (number < 0 || number > 0xffff_ffffL) {
                throw new IllegalArgumentException(
                        "parameter %s: %d is no unsigned 32-bit number".formatted(name, number));
            }
        }

        @Override
        public Long value() {
            return number;
        }

        @Override
        public TypedParam toWire() {
            return new TypedParam(name, new TypedParamValue.UintValue(number));
        }
    }

    /**
     * A signed 64-bit number.
     *
     * @since 0.1
     */
    record OfLlong(String name, long number) implements TypedParameter {
        @Override
        public Long value() {
            return number;
        }

        @Override
        public TypedParam toWire() {
            return new TypedParam(name, new TypedParamValue.LlongValue(number));
        }
    }

    /**
     * The bits of an unsigned 64-bit number; {@link Long#toUnsignedString(long)} prints it.
     *
     * @since 0.1
     */
    record OfUllong(String name, long bits) implements TypedParameter {
        @Override
        public Long value() {
            return bits;
        }

        @Override
        public String text() {
            return Long.toUnsignedString(bits);
        }

        @Override
        public TypedParam toWire() {
            return new TypedParam(name, new TypedParamValue.UllongValue(bits));
        }
    }

    /**
     * A floating-point number.
     *
     * @since 0.1
     */
    record OfDouble(String name, double number) implements TypedParameter {
        @Override
        public Double value() {
            return number;
        }

        @Override
        public TypedParam toWire() {
            return new TypedParam(name, new TypedParamValue.DoubleValue(number));
        }
    }

    /**
     * Yes or no.
     *
     * @since 0.1
     */
    record OfBoolean(String name, boolean flag) implements TypedParameter {
        @Override
        public Boolean value() {
            return flag;
        }

        @Override
        public TypedParam toWire() {
            return new TypedParam(name, new TypedParamValue.BooleanValue(flag ? 1 : 0));
        }
    }

    /**
     * Text.
     *
     * @since 0.1
     */
    record OfString(String name, String string) implements TypedParameter {
        /** Checks the text. */
        public OfString {
            Objects.requireNonNull(string, () -> "parameter " + name + ": null where text is needed");
        }

        @Override
        public String value() {
            return string;
        }

        @Override
        public TypedParam toWire() {
            return new TypedParam(name, new TypedParamValue.StringValue(string));
        }
    }

    /** The name, libvirt's field. */
    String name();

    /** The value: Integer, Long, Double, Boolean or String. */
    Object value();

    /** The value as text. */
    default String text() {
        return value().toString();
    }

    /** The parameter as the protocol's stubs take it. */
    TypedParam toWire();

    /** A parameter as the protocol's stubs return it. */
    static TypedParameter of(TypedParam param) {
        String name = param.field();
        TypedParamValue value = param.value();
        if (value instanceof TypedParamValue.IntValue v) {
            return new OfInt(name, v.value());
        } else if (value instanceof TypedParamValue.UintValue v) {
            return new OfUint(name, v.value());
        } else if (value instanceof TypedParamValue.LlongValue v) {
            return new OfLlong(name, v.value());
        } else if (value instanceof TypedParamValue.UllongValue v) {
            return new OfUllong(name, v.value());
        } else if (value instanceof TypedParamValue.DoubleValue v) {
            return new OfDouble(name, v.value());
        } else if (value instanceof TypedParamValue.BooleanValue v) {
            return new OfBoolean(name, v.value() != 0);
        } else if (value instanceof TypedParamValue.StringValue v) {
            return new OfString(name, v.value());
        }
        throw new IllegalStateException("a type of parameter that this method does not know: " + value.getClass());
    }
}
