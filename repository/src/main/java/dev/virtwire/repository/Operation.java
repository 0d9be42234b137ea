// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import java.util.concurrent.CompletableFuture;

/**
 * Something long that was started and returns at once: a verification, a restore, a backup. It runs on a thread of its
 * own.
 *
 * @param <T> what there is at the end
 * @since 0.1
 */
public interface Operation<T> {
    /**
     * Completes with the result, or with the exception that says why there is no result: one that the method which
     * started the operation names.
     *
     * <p>Giving this future up, or a stage that depends on it, is {@link #cancel}: by {@code cancel}, {@code
     * orTimeout}, {@code completeOnTimeout}, {@code complete} or {@code completeExceptionally}. The operation then
     * still cleans up after itself; {@link #cancel} tells when it has.
     */
    CompletableFuture<T> result();

    /**
     * Ends the operation early and has it clean up after itself. Does nothing to one that is done.
     *
     * @return completes when nothing is under way any more, however that went: see {@link #result}
     */
    CompletableFuture<Void> cancel();

    /**
     * Waits for the result; interrupting the thread that waits cancels the operation, and then still waits for its end.
     *
     * @return the result
     * @throws RuntimeException what {@link #result} completes with, as it is and not wrapped
     */
    T join();
}
