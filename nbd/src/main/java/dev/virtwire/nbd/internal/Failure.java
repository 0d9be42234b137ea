// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import dev.virtwire.nbd.NbdException;
import dev.virtwire.nbd.NbdRequest;
import dev.virtwire.nbd.NbdUri;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import org.jspecify.annotations.Nullable;

/** Why a connection came to its end: the same for every request that was pending. */
public record Failure(
        NbdException.Kind kind, String text, @Nullable Throwable cause) {
    public static Failure of(IOException e) {
        if (e instanceof WireException wire) {
            return new Failure(wire.kind(), wire.text(), null);
        }
        return new Failure(NbdException.Kind.DISCONNECTED, "the connection broke: " + messageOf(e), e);
    }

    public static String messageOf(IOException e) {
        if (e instanceof ClosedByInterruptException) {
            return "the thread was interrupted";
        }
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    public NbdException forRequest(NbdUri uri, @Nullable NbdRequest request) {
        return new NbdException(kind, uri, request, null, text, cause);
    }
}
