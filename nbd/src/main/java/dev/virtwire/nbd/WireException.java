// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.io.IOException;
import java.io.Serial;

/** What came over the wire, or did not, ends the connection. */
final class WireException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    private final NbdException.Kind kind;
    private final String text;

    WireException(NbdException.Kind kind, String text) {
        super(text);
        this.kind = kind;
        this.text = text;
    }

    /** The server sent what the protocol forbids. */
    static WireException protocol(String violation) {
        return new WireException(NbdException.Kind.PROTOCOL, "the server broke the protocol: " + violation);
    }

    /** The server said no. */
    static WireException refused(String text) {
        return new WireException(NbdException.Kind.REFUSED, text);
    }

    NbdException.Kind kind() {
        return kind;
    }

    String text() {
        return text;
    }
}
