// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.auth;

import dev.virtwire.client.CredentialCallback;
import dev.virtwire.client.CredentialRequest;
import dev.virtwire.client.internal.async.SharedPool;
import dev.virtwire.client.internal.async.TrackedFuture;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Asks the user's callback, if there is one, on a thread where that may block. */
public final class CredentialSource {
    private final String host;
    private final @Nullable CredentialCallback callback;

    /**
     * Asks {@code callback}.
     *
     * @param host the server, as the URI names it
     */
    public CredentialSource(String host, @Nullable CredentialCallback callback) {
        this.host = host;
        this.callback = callback;
    }

    /** Asks; empty where nobody answers. */
    public CompletableFuture<Optional<char[]>> ask(CredentialRequest.Kind kind, String prompt) {
        CredentialCallback asked = callback;
        if (asked == null) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        CredentialRequest request = new CredentialRequest(kind, host, prompt);
        CompletableFuture<Optional<char[]>> onPool = new CompletableFuture<>();
        SharedPool.executor().execute(() -> {
            try {
                asked.ask(request).whenComplete((answer, failure) -> {
                    if (failure != null) {
                        onPool.completeExceptionally(failure);
                    } else {
                        onPool.complete(answer);
                    }
                });
            } catch (RuntimeException | Error e) {
                onPool.completeExceptionally(e);
            }
        });
        return TrackedFuture.of(onPool);
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
