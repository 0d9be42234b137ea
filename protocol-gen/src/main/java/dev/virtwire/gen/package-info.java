// SPDX-License-Identifier: Apache-2.0
/**
 * The protocol generator: {@link dev.virtwire.gen.Generate} is what the build runs. Tables go through {@code table}
 * (parse), {@code model} (link) and {@code emit}.
 */
@NullMarked
package dev.virtwire.gen;

import org.jspecify.annotations.NullMarked;
