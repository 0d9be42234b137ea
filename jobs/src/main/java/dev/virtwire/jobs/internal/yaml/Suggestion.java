// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.internal.yaml;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** Which of the words that are allowed somebody may have meant. */
final class Suggestion {
    private static final int MOST_CHANGES = 2;

    private Suggestion() {}

    /** What may be, for the end of a sentence, with the word that is near to the one that was given. */
    static String of(String given, Collection<String> allowed) {
        if (allowed.isEmpty()) {
            return "nothing is allowed here";
        }
        String word = given.toLowerCase(Locale.ROOT).replace('_', '-');
        String near = allowed.stream()
                .filter(each -> distance(word, each.toLowerCase(Locale.ROOT)) <= limit(word))
                .min(Comparator.comparingInt(each -> distance(word, each.toLowerCase(Locale.ROOT))))
                .map(each -> "did you mean '" + each + "'? ")
                .orElse("");
        return near + "Allowed: " + String.join(", ", allowed);
    }

    /** Short words are all near to each other. */
    private static int limit(String word) {
        return word.length() < 4 ? 1 : MOST_CHANGES;
    }

    /** How many letters have to be changed, added, left out or swapped with their neighbour. */
    private static int distance(String from, String to) {
        int[][] changes = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                if (i == 0 || j == 0) {
                    changes[i][j] = i + j;
                    continue;
                }
                int same = from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1;
                int least =
                        Math.min(Math.min(changes[i - 1][j] + 1, changes[i][j - 1] + 1), changes[i - 1][j - 1] + same);
                if (i > 1
                        && j > 1
                        && from.charAt(i - 1) == to.charAt(j - 2)
                        && from.charAt(i - 2) == to.charAt(j - 1)) {
                    least = Math.min(least, changes[i - 2][j - 2] + 1);
                }
                changes[i][j] = least;
            }
        }
        return changes[from.length()][to.length()];
    }
}
