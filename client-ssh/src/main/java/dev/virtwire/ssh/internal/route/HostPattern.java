// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

/** Patterns as ssh's files have them: {@code *} is any text, {@code ?} any one character, all else is itself. */
public final class HostPattern {
    private HostPattern() {}

    /** Whether the whole name is what the pattern says. */
    public static boolean matches(String pattern, String name) {
        int p = 0;
        int n = 0;
        int star = -1;
        int resume = 0;
        while (n < name.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                resume = n;
            } else if (p < pattern.length() && (pattern.charAt(p) == '?' || pattern.charAt(p) == name.charAt(n))) {
                p++;
                n++;
            } else if (star >= 0) {
                // What the last star stands for is one longer than thought.
                p = star + 1;
                n = ++resume;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }
}
