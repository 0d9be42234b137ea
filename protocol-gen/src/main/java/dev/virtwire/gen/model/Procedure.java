// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.model;

import org.jspecify.annotations.Nullable;

/**
 * A call.
 *
 * @param function the function of libvirt's C API that makes it; null without one
 * @param arguments null if it has none
 * @param result null if it has none
 * @param priority whether the server answers it from workers of their own
 * @param urgent whether the client lets it overtake waiting calls
 * @param sparse whether its stream may carry holes
 */
public record Procedure(
        int number,
        String name,
        String doc,
        String source,
        @Nullable Struct arguments,
        @Nullable Struct result,
        boolean priority,
        boolean urgent,
        Stream stream,
        boolean sparse,
        Fds fds,
        @Nullable String function,
        String since) {

    /** Which way the data of its stream goes, seen from the client. */
    public enum Stream {
        NONE,
        SENDS,
        RECEIVES,
        BOTH
    }

    /** Which way it passes file descriptors, seen from the client. */
    public enum Fds {
        NONE,
        SENDS,
        RETURNS,
        BOTH
    }
}
