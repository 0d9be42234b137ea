// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.auth;

import dev.virtwire.client.CredentialCallback;
import dev.virtwire.client.CredentialRequest;
import dev.virtwire.client.internal.async.SharedPool;
import dev.virtwire.client.internal.async.TrackedFuture;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Asks the user's callback, if there is one, on a thread that may block. Who no longer waits for an answer
 * cancels the question, and the callback's own future with it.
 */
public final class CredentialSource {
    private final String host;
    private final @Nullable CredentialCallback callback;
    private @Nullable CompletableFuture<?> last;
    private boolean cancelled;

    /**
     * Asks {@code callback}.
     *
     * @param host the server, as the URI names it
     */
    public CredentialSource(String host, @Nullable CredentialCallback callback) {
        this.host = host;
        this.callback = callback;
    }

    /** Asks; empty if nobody answers. */
    public CompletableFuture<Optional<char[]>> ask(CredentialRequest.Kind kind, String prompt) {
        CredentialCallback asked = callback;
        if (asked == null) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        CredentialRequest request = new CredentialRequest(kind, host, prompt);
        TrackedFuture<Optional<char[]>> question = new TrackedFuture<>();
        if (begins(question)) {
            SharedPool.executor().execute(() -> ask(asked, request, question));
        } else {
            question.cancel(true);
        }
        return question;
    }

    private static void ask(
            CredentialCallback asked, CredentialRequest request, CompletableFuture<Optional<char[]>> question) {
        if (question.isDone()) {
            return;
        }
        try {
            CompletionStage<Optional<char[]>> stage = asked.ask(request);
            stage.whenComplete((answer, failure) -> {
                if (failure != null) {
                    question.completeExceptionally(failure);
                } else if (!question.complete(answer)) {
                    answer.ifPresent(late -> Arrays.fill(late, '\0'));
                }
            });
            question.whenComplete((answer, failure) -> {
                if (question.isCancelled()) {
                    stage.toCompletableFuture().cancel(true);
                }
            });
        } catch (RuntimeException | Error e) {
            question.completeExceptionally(e);
        }
    }

    private synchronized boolean begins(CompletableFuture<?> question) {
        last = question;
        return !cancelled;
    }

    /** Cancels what is being asked, one question at most, and whatever would be asked later. */
    public void cancel() {
        CompletableFuture<?> question;
        synchronized (this) {
            cancelled = true;
            question = last;
        }
        if (question != null) {
            question.cancel(true);
        }
    }

    /**
     * Asks for what there is no way without.
     *
     * @param error makes the exception of the reason why there is no answer
     */
    public CompletableFuture<char[]> require(
            CredentialRequest.Kind kind, String prompt, Function<String, ? extends RuntimeException> error) {
        return ask(kind, prompt)
                .thenApply(answer -> answer.orElseThrow(() -> error.apply(
                        callback == null
                                ? "no credential callback is there to ask for it"
                                : "the credential callback did not answer")));
    }
}
