// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.event;

import dev.virtwire.protocol.EventMessage;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;

/**
 * Where events of one kind come from.
 *
 * @param <B> the message's body
 * @param <E> the events
 * @param key equals that of another source where the server would take the two for the same, and so refuse the second
 * @param message the message that carries them
 * @param callbackId reads whose registration a message answers
 * @param mapper makes the event
 * @param registrar registers with the server
 * @param deregister takes a registration back
 */
record EventSource<B, E>(
        Object key,
        EventMessage<B> message,
        ToIntFunction<B> callbackId,
        Function<B, E> mapper,
        Registrar registrar,
        IntFunction<CompletableFuture<Void>> deregister) {
    /** Registers with the server. */
    @FunctionalInterface
    interface Registrar {
        /**
         * Calls the server.
         *
         * @param undo takes the id of a registration whose reply came too late
         * @return the callback id
         */
        CompletableFuture<Integer> register(Consumer<Integer> undo);
    }
}
