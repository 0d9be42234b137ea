// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol.stream;

import java.util.concurrent.CompletableFuture;

/**
 * An open stream ({@code virStreamPtr}). It ends in one of four ways: {@link #finish()} that the server has confirmed,
 * {@link #abort()}, an error of the server, which may come at any time, or the end of its connection. Whatever is
 * pending then completes. A stream that is left neither finished nor aborted lives as long as its connection; {@link
 * #close} ends it, for try-with-resources.
 *
 * <p>Futures complete where those of calls do, never on the event loop. Safe for use by any number of threads.
 *
 * @since 0.1
 */
public interface LibvirtStream extends AutoCloseable {
    /**
     * Ends the stream in order ({@code virStreamFinish}): what was written is sent, the server is told, and confirms
     * that it has taken or given everything. Only then is it known that an upload has arrived. May be called again.
     *
     * @return fails with the {@code RemoteException} that the server ended the stream with, now or
     *     before, with {@code CallRefusedException} if the data that comes was not read to its end
     *     or the stream was aborted, and with {@code ConnectionLostException} with the connection
     */
    CompletableFuture<Void> finish();

    /**
     * Gives the stream up ({@code virStreamAbort}): nothing more is sent or delivered, and pending reads and writes
     * fail. What was sent before has its effect. May be called at any time, and again.
     *
     * @return completes when the server has confirmed or the stream is gone in another way; never fails
     */
    CompletableFuture<Void> abort();

    /**
     * Completes at the stream's end: normally when it was finished, and with the reason otherwise. Cancelling or
     * completing it changes nothing.
     */
    CompletableFuture<Void> closed();

    /** Aborts the stream unless it has ended; does not wait for the server. */
    @Override
    default void close() {
        abort();
    }
}
