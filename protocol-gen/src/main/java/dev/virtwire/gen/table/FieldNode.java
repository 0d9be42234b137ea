// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.table;

/**
 * {@code name: type}
 *
 * @param doc the comment above it or behind it; empty without one
 */
public record FieldNode(Position position, String name, TypeNode type, String doc) {}
