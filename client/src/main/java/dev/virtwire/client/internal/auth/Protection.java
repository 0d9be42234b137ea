// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.auth;

/** What an open channel promises to what passes through it, so what authentication has to bring by itself. */
public enum Protection {
    /** Nothing: who is on the way can read and change it. Authentication has to encrypt. */
    NONE(" if nothing else encrypts"),
    /**
     * Encrypted, but nobody has checked for whom: the peer may be somebody on the way. It gets no password that would
     * serve it elsewhere.
     */
    ENCRYPTED(" for a peer whose certificate or key is not checked, which is told no password"),
    /** Encrypted for the peer that was meant. */
    VERIFIED("");

    private final String words;

    Protection(String words) {
        this.words = words;
    }

    /** Whether the channel encrypts by itself. */
    public boolean encrypts() {
        return this != NONE;
    }

    /** Behind a list of what may be used: why it is no longer. */
    public String words() {
        return words;
    }
}
