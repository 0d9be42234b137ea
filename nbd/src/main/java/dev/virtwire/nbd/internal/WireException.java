// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import dev.virtwire.nbd.NbdException;
import java.io.IOException;
import java.io.Serial;

/** What came over the wire, or did not, ends the connection. */
public final class WireException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    private final NbdException.Kind kind;
    private final String text;

    public WireException(NbdException.Kind kind, String text) {
        super(text);
        this.kind = kind;
        this.text = text;
    }

    /** The server sent what the protocol forbids. */
    public static WireException protocol(String violation) {
        return new WireException(NbdException.Kind.PROTOCOL, "the server broke the protocol: " + violation);
    }

    /** The server said no. */
    public static WireException refused(String text) {
        return new WireException(NbdException.Kind.REFUSED, text);
    }

    public NbdException.Kind kind() {
        return kind;
    }

    public String text() {
        return text;
    }
}
