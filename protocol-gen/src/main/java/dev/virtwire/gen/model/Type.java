// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import java.util.List;
import java.util.Locale;

/** A type on the wire. */
public sealed interface Type
        permits Type.Scalar, Type.Text, Type.Opaque, Type.Chars, Type.Maybe, Type.Array, Type.Coded, Struct, Union {
    /** The fewest bytes that a value takes. */
    int minBytes();

    /** The type in the tables' notation, every bound spelled out. */
    String notation();

    /** Numbers and UUIDs. A char and a short take four bytes as well. */
    enum Scalar implements Type {
        INT(4),
        UINT(4),
        I64(8),
        U64(8),
        DOUBLE(8),
        CHAR(4),
        UCHAR(4),
        USHORT(4),
        UUID(16);

        private final int bytes;

        Scalar(int bytes) {
            this.bytes = bytes;
        }

        @Override
        public int minBytes() {
            return bytes;
        }

        @Override
        public String notation() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * {@code string(80)}
     *
     * @param bound the most bytes
     */
    record Text(int bound) implements Type {
        @Override
        public int minBytes() {
            return 4;
        }

        @Override
        public String notation() {
            return "string(" + bound + ")";
        }
    }

    /**
     * {@code opaque(64)}, {@code opaque(=16)}
     *
     * @param exact whether it is always that long, and then without a count
     */
    record Opaque(int bound, boolean exact) implements Type {
        @Override
        public int minBytes() {
            return exact ? (bound + 3) / 4 * 4 : 4;
        }

        @Override
        public String notation() {
            return "opaque(" + (exact ? "=" : "") + bound + ")";
        }
    }

    /**
     * {@code chars(64)}, {@code chars(=32)}: chars that take four bytes each.
     *
     * @param exact whether there are always that many, and then without a count
     */
    record Chars(int bound, boolean exact) implements Type {
        @Override
        public int minBytes() {
            return exact ? 4 * bound : 4;
        }

        @Override
        public String notation() {
            return "chars(" + (exact ? "=" : "") + bound + ")";
        }
    }

    /** {@code T?} */
    record Maybe(Type of) implements Type {
        @Override
        public int minBytes() {
            return 4;
        }

        @Override
        public String notation() {
            return suffixed(of, "?");
        }
    }

    /** {@code T[64]}: at most that many. */
    record Array(Type of, int bound) implements Type {
        @Override
        public int minBytes() {
            return 4;
        }

        @Override
        public String notation() {
            return suffixed(of, "[" + bound + "]");
        }
    }

    /** An enum or flags, carried by a number. */
    record Coded(Enumeration enumeration, Scalar carrier) implements Type {
        @Override
        public int minBytes() {
            return carrier.minBytes();
        }

        @Override
        public String notation() {
            return enumeration.name() + " as " + carrier.notation();
        }
    }

    /** A suffix goes before what carries the type. */
    private static String suffixed(Type of, String suffix) {
        String notation = of.notation();
        int carrier = notation.indexOf(" as ");
        return carrier < 0 ? notation + suffix : notation.substring(0, carrier) + suffix + notation.substring(carrier);
    }

    /** The types directly inside this one. */
    default List<Type> parts() {
        if (this instanceof Maybe maybe) {
            return List.of(maybe.of());
        }
        if (this instanceof Array array) {
            return List.of(array.of());
        }
        if (this instanceof Struct struct) {
            return struct.fields().stream().map(Field::type).toList();
        }
        if (this instanceof Union union) {
            return union.arms().stream().map(arm -> arm.field().type()).toList();
        }
        return List.of();
    }
}
