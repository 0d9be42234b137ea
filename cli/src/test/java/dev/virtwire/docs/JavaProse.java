// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a person reads in a Java source: one comment, or one string. Literals that are joined by a plus are one string,
 * and comments on lines that follow one another are one comment, since a sentence runs across them.
 */
final class JavaProse {
    private static final Pattern TOKEN =
            Pattern.compile("(?s)\"\"\"(?:[^\"\\\\]++|\\\\.|\"(?!\"\"))*+\"\"\"|\"(?:[^\"\\\\\\n]++|\\\\.)*+\"|"
                    + "'(?:[^'\\\\\\n]++|\\\\.)*+'|//[^\\n]*+|/\\*.*?\\*/");
    private static final Pattern JOINT = Pattern.compile("\\s*\\+?\\s*");
    private static final Pattern FRAME =
            Pattern.compile("^\\s*(?:\"\"\"|\"|//|/\\*\\*?|\\*(?!/))?|(?:\"\"\"|\"|\\*/)$");

    private final boolean string;
    private final StringBuilder text = new StringBuilder();
    private final NavigableMap<Integer, Integer> lines = new TreeMap<>();

    private JavaProse(boolean string) {
        this.string = string;
    }

    /** All of it in a source, in its order. */
    static List<JavaProse> of(String source) {
        List<JavaProse> all = new ArrayList<>();
        Matcher token = TOKEN.matcher(source);
        JavaProse last = null;
        int end = 0;
        int line = 1;
        int counted = 0;
        while (token.find()) {
            line += (int) source.substring(counted, token.start())
                    .chars()
                    .filter(each -> each == '\n')
                    .count();
            counted = token.start();
            char first = token.group().charAt(0);
            if (first == '\'') {
                continue;
            }
            boolean string = first == '"';
            if (last == null
                    || last.string != string
                    || !JOINT.matcher(source.substring(end, token.start())).matches()) {
                last = new JavaProse(string);
                all.add(last);
            }
            last.add(token.group(), line);
            end = token.end();
        }
        return all;
    }

    private void add(String token, int firstLine) {
        int line = firstLine;
        for (String each : token.split("\n", -1)) {
            if (!text.isEmpty() && (!string || line > firstLine)) {
                text.append(' ');
            }
            lines.put(text.length(), line++);
            String words = FRAME.matcher(each).replaceAll("");
            text.append(string && !token.startsWith("\"\"\"") ? words : words.strip());
        }
    }

    /** Its words, on one line. */
    String text() {
        return text.toString();
    }

    /** The line of the source, from 1, on which a character of {@link #text} is. */
    int line(int position) {
        return lines.floorEntry(position).getValue();
    }
}
