// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.text;

/** What a host says, which may be nobody's yet: fit to be shown, since a terminal would obey what is written there. */
public final class PeerText {
    private static final int MOST_CHARS = 500;

    private PeerText() {}

    /** One line of it, without anything that a terminal would take for a command. */
    public static String shown(String said) {
        String line = said.strip().replaceAll("\\s*\\R\\s*", "; ").replaceAll("[\\p{Cc}\\p{Cf}]", "?");
        return line.length() <= MOST_CHARS ? line : line.substring(0, MOST_CHARS) + " ...";
    }
}
