// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import java.util.List;

/** One of several types, told apart by an int before it. */
public record Union(String program, String name, String doc, String source, List<Arm> arms) implements Type {
    /** One of them. */
    public record Arm(int number, Field field) {}

    @Override
    public int minBytes() {
        return 4
                + arms.stream()
                        .mapToInt(arm -> arm.field().type().minBytes())
                        .min()
                        .orElse(0);
    }

    @Override
    public String notation() {
        return name;
    }
}
