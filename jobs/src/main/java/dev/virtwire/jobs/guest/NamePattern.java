// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.guest;

/** Names of guests: {@code *} stands for any letters, {@code ?} for one, everything else for itself. */
final class NamePattern {
    private NamePattern() {}

    /** Whether the pattern means this name, in a time that the name's length bounds. */
    static boolean matches(String pattern, String name) {
        int at = 0;
        int letter = 0;
        int star = -1;
        int behind = 0;
        while (letter < name.length()) {
            if (at < pattern.length() && pattern.charAt(at) == '*') {
                star = at++;
                behind = letter;
            } else if (at < pattern.length()
                    && (pattern.charAt(at) == '?' || pattern.charAt(at) == name.charAt(letter))) {
                at++;
                letter++;
            } else if (star >= 0) {
                // The last star takes one letter more.
                at = star + 1;
                letter = ++behind;
            } else {
                return false;
            }
        }
        while (at < pattern.length() && pattern.charAt(at) == '*') {
            at++;
        }
        return at == pattern.length();
    }
}
