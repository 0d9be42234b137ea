// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.table;

/** What is special about a procedure. */
public sealed interface Mark {
    /** The server answers it from workers of their own, which calls that block cannot exhaust. */
    record Priority() implements Mark {}

    /** The client lets it overtake waiting calls. */
    record Urgent() implements Mark {}

    /**
     * It opens a stream.
     *
     * @param direction {@code sends}, {@code receives} or {@code exchanges}, seen from the client
     * @param sparse whether the stream may carry holes
     */
    record Stream(String direction, boolean sparse) implements Mark {}

    /**
     * It passes file descriptors, which only a UNIX socket can.
     *
     * @param direction {@code sends}, {@code returns} or {@code exchanges}, seen from the client
     */
    record Fds(String direction) implements Mark {}
}
