// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.xdr;

/**
 * A value that cannot be read or written as XDR: truncated bytes, a length over its bound, an optional that is neither
 * absent nor present, a string with a NUL inside. The message names the field.
 */
public final class XdrException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Creates the error with a message that names the field. */
    public XdrException(String message) {
        super(message);
    }
}
