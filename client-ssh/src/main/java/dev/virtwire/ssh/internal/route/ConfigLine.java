// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A line of ssh's configuration, parted as OpenSSH parts it: a keyword, blanks or one equals sign, and words. Single
 * and double quotes hold a word together, a backslash keeps a quote, a backslash or a blank, and {@code #} ends the
 * line.
 *
 * @param keyword the keyword, in lower case
 * @param written the keyword as it stands there
 * @param words what follows, in words
 */
record ConfigLine(String keyword, String written, List<String> words) {
    private static final String BLANKS = " \t\r\f";

    /** A line that ssh refuses. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String why) {
            super(why);
        }
    }

    /**
     * Reads a line; null if it says nothing.
     *
     * @throws Malformed if it has no words after its keyword, or a quote that is not closed
     */
    static @Nullable ConfigLine parse(String line) throws Malformed {
        int end = line.length();
        while (end > 0 && isBlank(line.charAt(end - 1))) {
            end--;
        }
        int begin = 0;
        while (begin < end && isBlank(line.charAt(begin))) {
            begin++;
        }
        if (begin == end || line.charAt(begin) == '#') {
            return null;
        }
        int after;
        String written;
        if (line.charAt(begin) == '"') {
            int quote = line.indexOf('"', begin + 1);
            if (quote < 0) {
                throw new Malformed("a quote is not closed");
            }
            written = line.substring(begin + 1, quote);
            after = quote + 1;
        } else {
            after = begin;
            while (after < end && !isBlank(line.charAt(after)) && line.charAt(after) != '=') {
                after++;
            }
            written = line.substring(begin, after);
        }
        boolean sign = false;
        while (after < end && (isBlank(line.charAt(after)) || (!sign && line.charAt(after) == '='))) {
            sign |= line.charAt(after) == '=';
            after++;
        }
        List<String> words = words(line.substring(after, end));
        if (words.isEmpty() || words.get(0).isEmpty()) {
            throw new Malformed("'%s' has no value".formatted(written));
        }
        return new ConfigLine(written.toLowerCase(Locale.ROOT), written, words);
    }

    private static List<String> words(String text) throws Malformed {
        List<String> words = new ArrayList<>();
        int i = 0;
        while (i < text.length()) {
            char first = text.charAt(i);
            if (first == '#') {
                break;
            }
            if (first == ' ' || first == '\t') {
                i++;
                continue;
            }
            StringBuilder word = new StringBuilder();
            char quote = 0;
            for (; i < text.length(); i++) {
                char character = text.charAt(i);
                if (character == '\\' && i + 1 < text.length() && isEscaped(text.charAt(i + 1), quote)) {
                    i++;
                    word.append(text.charAt(i));
                } else if (quote == 0 && (character == ' ' || character == '\t')) {
                    break;
                } else if (quote == 0 && (character == '"' || character == '\'')) {
                    quote = character;
                } else if (quote != 0 && character == quote) {
                    quote = 0;
                } else {
                    word.append(character);
                }
            }
            if (quote != 0) {
                throw new Malformed("a quote is not closed");
            }
            words.add(word.toString());
        }
        return words;
    }

    private static boolean isEscaped(char character, char quote) {
        return character == '\'' || character == '"' || character == '\\' || (quote == 0 && character == ' ');
    }

    private static boolean isBlank(char character) {
        return BLANKS.indexOf(character) >= 0;
    }
}
