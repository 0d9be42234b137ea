// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import org.jspecify.annotations.Nullable;

/**
 * A message that the server sends unasked.
 *
 * @param function the function of libvirt's C API that registers for it; null without one
 * @param body null if it has none
 */
public record Event(
        int number,
        String name,
        String doc,
        String source,
        @Nullable Struct body,
        @Nullable String function,
        String since) {}
