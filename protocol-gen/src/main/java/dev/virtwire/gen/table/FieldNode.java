// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.table;

/**
 * {@code name: type}
 *
 * @param doc the comment above it or behind it; empty if there is none
 */
public record FieldNode(Position position, String name, TypeNode type, String doc) {}
