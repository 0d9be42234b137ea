// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

/**
 * A field of a struct, an argument, a result.
 *
 * @param secret whether its value may never be shown
 * @param doc what the table says about it; may be empty
 */
public record Field(String name, Type type, boolean secret, String doc) {}
