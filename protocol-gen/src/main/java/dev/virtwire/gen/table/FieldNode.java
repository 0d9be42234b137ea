// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.table;

/**
 * {@code name: type secret}
 *
 * @param secret whether its value may never be shown
 * @param doc the comment above it or behind it; empty without one
 */
public record FieldNode(Position position, String name, TypeNode type, boolean secret, String doc) {}
