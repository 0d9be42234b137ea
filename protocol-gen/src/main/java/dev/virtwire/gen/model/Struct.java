// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import java.util.List;

/**
 * Fields in their order: a declared struct, or the arguments, result or body that a procedure or an event declares.
 *
 * @param program the program whose package it belongs to
 * @param name its Java name
 * @param label what error messages call it
 * @param source the declaration's text
 */
public record Struct(
        String program, String name, Role role, String label, String doc, String source, List<Field> fields)
        implements Type {

    /** What it is for. */
    public enum Role {
        STRUCT,
        ARGUMENTS,
        RESULT,
        MESSAGE
    }

    @Override
    public int minBytes() {
        return fields.stream().mapToInt(field -> field.type().minBytes()).sum();
    }

    @Override
    public String notation() {
        return name;
    }
}
