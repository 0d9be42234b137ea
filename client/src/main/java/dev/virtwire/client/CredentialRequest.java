// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

/**
 * A question to a {@link CredentialCallback}.
 *
 * @param kind what is wanted
 * @param host the server that it is for, as the URI names it
 * @param prompt the question, for a person, without a colon at its end
 * @since 0.1
 */
public record CredentialRequest(Kind kind, String host, String prompt) {
    /**
     * What is wanted.
     *
     * @since 0.1
     */
    public enum Kind {
        /** The name to log in by ({@code VIR_CRED_AUTHNAME}). */
        AUTHENTICATION_NAME(false),
        /** The password of that name ({@code VIR_CRED_PASSPHRASE}). */
        PASSWORD(true),
        /** The passphrase of a private key. */
        KEY_PASSPHRASE(true);

        private final boolean secret;

        Kind(boolean secret) {
            this.secret = secret;
        }

        /** Whether the answer must not be seen while it is typed. */
        public boolean isSecret() {
            return secret;
        }
    }
}
