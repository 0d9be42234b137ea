// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** Somebody who is asked and does not answer. */
final class SilentCallback implements CredentialCallback {
    private final CompletableFuture<CredentialRequest> asked = new CompletableFuture<>();
    private final CompletableFuture<Optional<char[]>> answer = new CompletableFuture<>();

    @Override
    public CompletionStage<Optional<char[]>> ask(CredentialRequest request) {
        asked.complete(request);
        return answer;
    }

    /** Connecting asks; who no longer wants to connect, or has no more time, need not answer any more. */
    static void isToldWhenNobodyWaits(String uri) throws Exception {
        SilentCallback cancelled = new SilentCallback();
        CompletableFuture<Libvirt> connecting = Libvirt.connect(
                uri, ConnectOptions.builder().credentials(cancelled).build());
        assertThat(cancelled.asked.get(20, TimeUnit.SECONDS).kind().isSecret()).isTrue();
        assertThat(cancelled.answer).isNotDone();
        connecting.cancel(true);
        cancelled.assertCancelled();

        SilentCallback late = new SilentCallback();
        ConnectOptions impatient = ConnectOptions.builder()
                .credentials(late)
                .connectTimeout(Duration.ofSeconds(2))
                .build();
        assertThatThrownBy(() -> Libvirt.connect(uri, impatient).join())
                .cause()
                .isInstanceOf(ConnectFailedException.class)
                .hasMessage("cannot connect to %s: not done within PT2S", uri);
        late.assertCancelled();
    }

    /** Who gives up while the question is still being put. */
    static void isToldWhenItsAskerGivesUpAtOnce(String uri) {
        CompletableFuture<CompletableFuture<Libvirt>> connecting = new CompletableFuture<>();
        SilentCallback asked = new SilentCallback();
        connecting.complete(Libvirt.connect(
                uri,
                ConnectOptions.builder()
                        .credentials(request -> {
                            connecting.join().cancel(true);
                            return asked.answer;
                        })
                        .build()));
        asked.assertCancelled();
    }

    private void assertCancelled() {
        assertThatThrownBy(() -> answer.get(20, TimeUnit.SECONDS)).isInstanceOf(CancellationException.class);
    }
}
