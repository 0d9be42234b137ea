// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.protocol;

import dev.virtwire.client.CallOptions;
import java.util.concurrent.CompletableFuture;

/** Carries calls to a server. {@link dev.virtwire.client.Libvirt} is one; the generated stubs speak through it. */
public interface Caller {
    /**
     * Calls a procedure. The future always completes: with the result, or with a
     * {@link dev.virtwire.client.LibvirtException} that says who failed.
     *
     * @param <A> the arguments
     * @param <R> the result
     */
    <A, R> CompletableFuture<R> call(Procedure<A, R> procedure, A arguments, CallOptions options);
}
