// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.emit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** A table of random types: each struct may hold what was declared before it. */
final class RandomTable {
    private final Random random;
    private final String program;
    private final List<String> declared = new ArrayList<>();

    RandomTable(long seed, String program) {
        this.random = new Random(seed);
        this.program = program;
    }

    String text() {
        StringBuilder table = new StringBuilder(
                "program " + program + " 0x" + Integer.toHexString(program.hashCode()) + " version 1 strings 64\n");
        table.append("area Random of ").append(program).append('\n');
        table.append("enum Choice { one = 1, two = 2 }\nflags Bits { low = 1, high = 0x80000000 }\n");
        for (int i = 0; i < 6; i++) {
            String name = "Struct" + i;
            table.append("struct ").append(name).append(" { ").append(fields()).append(" }\n");
            declared.add(name);
            if (i % 2 == 1) {
                String union = "Union" + i;
                table.append("union ")
                        .append(union)
                        .append(" { ")
                        .append(arms())
                        .append(" }\n");
                declared.add(union);
            }
        }
        for (int i = 1; i <= 3; i++) {
            table.append(i)
                    .append(" Call" + i + "(")
                    .append(fields())
                    .append(") -> (")
                    .append(fields())
                    .append(") since 1.0\n");
        }
        return table.append("event 4 Event(")
                .append(fields())
                .append(") since 1.0\n")
                .toString();
    }

    private String fields() {
        List<String> fields = new ArrayList<>();
        int count = 1 + random.nextInt(6);
        // Names that generated code might trip over.
        List<String> names = new ArrayList<>(
                List.of("value", "reader", "writer", "other", "that", "hash", "arm", "bits", "flags", "length", "of"));
        Collections.shuffle(names, random);
        for (int i = 0; i < count; i++) {
            fields.add(names.get(i) + ": " + type(2));
        }
        return String.join(", ", fields);
    }

    private String arms() {
        List<String> arms = new ArrayList<>();
        for (int i = 0; i < 1 + random.nextInt(4); i++) {
            arms.add((i * 3 - 1) + " arm" + i + ": " + type(1));
        }
        return String.join(", ", arms);
    }

    private String type(int depth) {
        int kind = random.nextInt(10);
        if (depth > 0 && kind < 2) {
            String of = type(depth - 1);
            return of.endsWith("?") || of.contains(" as ") ? of : of + "?";
        }
        if (depth > 0 && kind < 4) {
            String of = type(depth - 1);
            return of.contains(" as ") ? of : of + "[" + (1 + random.nextInt(5)) + "]";
        }
        if (kind < 6 && !declared.isEmpty()) {
            return declared.get(random.nextInt(declared.size()));
        }
        List<String> simple = List.of(
                "int",
                "uint",
                "i64",
                "u64",
                "double",
                "char",
                "uchar",
                "ushort",
                "string",
                "string(5)",
                "uuid",
                "opaque(7)",
                "opaque(=5)",
                "chars(6)",
                "chars(=3)",
                "Choice",
                "Choice as uchar",
                "Choice as uint",
                "Bits",
                "Bits as u64",
                "Bits as int");
        return simple.get(random.nextInt(simple.size()));
    }
}
