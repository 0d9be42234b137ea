// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import static java.util.Objects.requireNonNull;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * Thrown by an answer of a {@link ScriptedLibvirtd}: the client gets it as the server's error.
 *
 * @since 0.1
 */
public final class ScriptedError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    /** The error with this code and message. */
    public ScriptedError(ErrorCode code, String message) {
        super(requireNonNull(message, "message"));
        this.code = requireNonNull(code, "code");
    }

    /** libvirt's code. */
    public ErrorCode code() {
        return code;
    }
}
