// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol;

import dev.virtwire.protocol.stream.LibvirtStream;
import dev.virtwire.protocol.stream.Opened;
import java.util.concurrent.CompletableFuture;

/**
 * Carries calls to a server. {@code Libvirt} is one; the generated stubs speak through it.
 *
 * @since 0.1
 */
public interface Caller {
    /**
     * Calls a procedure. The future always completes: with the result, or with a
     * {@code LibvirtException} that says who failed.
     *
     * @param <A> the arguments
     * @param <R> the result
     */
    <A, R> CompletableFuture<R> call(Procedure<A, R> procedure, A arguments, CallOptions options);

    /**
     * Calls a procedure that opens a stream. The future completes as {@link #call} says, with the reply and the open
     * stream. A stream that opens after its caller has gone is aborted.
     *
     * @param <A> the arguments
     * @param <R> the result
     * @param <S> which way the stream goes
     */
    <A, R, S extends LibvirtStream> CompletableFuture<Opened<R, S>> open(
            StreamProcedure<A, R, S> procedure, A arguments, CallOptions options);
}
