// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jline.utils.WCWidth;

/** Text as a terminal shows it. */
public final class TerminalText {
    private TerminalText() {}

    /** How many columns a text takes: none for a combining mark, two for a wide character. */
    static int width(String text) {
        return text.codePoints()
                .map(WCWidth::wcwidth)
                .filter(columns -> columns > 0)
                .sum();
    }

    /**
     * The text with each character that a terminal would obey, or that turns the text around it, written as {@code
     * \}{@code u001b}: a name that somebody else chose is to be seen and not to act.
     */
    public static String printable(String text) {
        if (text.codePoints().noneMatch(TerminalText::acts)) {
            return text;
        }
        StringBuilder shown = new StringBuilder();
        text.codePoints().forEach(character -> {
            if (acts(character)) {
                shown.append(String.format(Locale.ROOT, character > 0xffff ? "\\U%08x" : "\\u%04x", character));
            } else {
                shown.appendCodePoint(character);
            }
        });
        return shown.toString();
    }

    private static boolean acts(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }

    /**
     * A text in lines of at most so many columns, cut at spaces. A word that is longer has a line of its own and stays
     * whole, because it may be a path that is to be copied.
     */
    static List<String> wrap(String text, int columns) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        int used = 0;
        for (String word : text.split(" ", -1)) {
            int width = width(word);
            if (line.length() > 0 && used + 1 + width > columns) {
                lines.add(line.toString());
                line.setLength(0);
                used = 0;
            }
            if (line.length() > 0) {
                line.append(' ');
                used++;
            }
            line.append(word);
            used += width;
        }
        lines.add(line.toString());
        return lines;
    }
}
