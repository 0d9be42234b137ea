// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Answers what connecting needs to know and no file says: user names, passwords, passphrases of keys
 * ({@code virConnectAuth}). Give one by {@link ConnectOptions.Builder#credentials}.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface CredentialCallback {
    /**
     * Answers one question. Called on a thread that may block, one question of a connection after the other. The time
     * it takes counts against {@link ConnectOptions#connectTimeout()}.
     *
     * @return the answer, empty for none; the array is overwritten after use. A failure fails the connection. Cancelled
     *     when nobody waits for it any longer: the attempt to connect was cancelled, has failed or ran out of time
     */
    CompletionStage<Optional<char[]>> ask(CredentialRequest request);
}
