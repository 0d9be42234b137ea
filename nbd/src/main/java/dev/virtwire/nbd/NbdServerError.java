// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.util.OptionalLong;

/**
 * The error that a server answered a request with.
 *
 * @param code the protocol's error number
 * @param text what the server says of it, may be empty
 * @param offset where the server says it happened
 * @since 0.1
 */
public record NbdServerError(int code, String text, OptionalLong offset) {
    /** The protocol's name of the error, such as {@code EIO}. */
    public String name() {
        return switch (code) {
            case 1 -> "EPERM";
            case 5 -> "EIO";
            case 12 -> "ENOMEM";
            case 22 -> "EINVAL";
            case 28 -> "ENOSPC";
            case 75 -> "EOVERFLOW";
            case 95 -> "ENOTSUP";
            case 108 -> "ESHUTDOWN";
            default -> "error " + Integer.toUnsignedString(code);
        };
    }

    private String meaning() {
        return switch (code) {
            case 1 -> " (operation not permitted)";
            case 5 -> " (input/output error)";
            case 12 -> " (the server is out of memory)";
            case 22 -> " (invalid argument)";
            case 28 -> " (no space left)";
            case 75 -> " (value too large)";
            case 95 -> " (operation not supported)";
            case 108 -> " (the server is shutting down)";
            default -> "";
        };
    }

    /** As error messages have it: {@code EIO (input/output error) at offset 4096: "text"}. */
    @Override
    public String toString() {
        String where = offset.isPresent() ? " at offset " + offset.getAsLong() : "";
        return name() + meaning() + where + (text.isEmpty() ? "" : ": \"" + text + "\"");
    }
}
