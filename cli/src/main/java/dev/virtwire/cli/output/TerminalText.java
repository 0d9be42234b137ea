// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jline.utils.WCWidth;

/** Text as a terminal shows it. */
public final class TerminalText {
    private static final String FURTHER = "  ";
    /** With less room beside its name, a value stands below it. */
    private static final int LEAST = 24;

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

    /** Whether a terminal would obey it, or turn the text around it. */
    static boolean acts(int character) {
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
     * A text in lines of at most so many columns, cut at spaces. What stands in quotes is cut only if it is too long
     * for a line, because it may be a command that is to be copied. A word that is longer has a line of its own, whole.
     */
    static List<String> wrap(String text, int columns) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        int used = 0;
        for (String word : words(text, columns)) {
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

    private static List<String> words(String text, int columns) {
        List<String> words = new ArrayList<>();
        int open = -1;
        for (String word : text.split(" ", -1)) {
            if (open < 0 && (word.startsWith("'") || word.startsWith("('"))) {
                open = words.size();
            }
            words.add(word);
            if (open >= 0 && word.lastIndexOf('\'') > word.indexOf('\'') + (words.size() - 1 == open ? 0 : -1)) {
                join(words, open, columns);
                open = -1;
            }
        }
        return words;
    }

    private static void join(List<String> words, int from, int columns) {
        List<String> quoted = words.subList(from, words.size());
        String joined = String.join(" ", quoted);
        if (width(joined) <= columns) {
            quoted.clear();
            words.add(joined);
        }
    }

    /** The text, or as much of its beginning as fits into so many columns with two dots behind it. */
    static String shortened(String text, int columns) {
        if (width(text) <= columns) {
            return text;
        }
        StringBuilder begin = new StringBuilder();
        int used = 2;
        for (int character : text.codePoints().toArray()) {
            used += Math.max(0, WCWidth.wcwidth(character));
            if (used > columns) {
                break;
            }
            begin.appendCodePoint(character);
        }
        return begin.append("..").toString();
    }

    /** A name and its value in lines: the value begins in one column, also in further lines. */
    public static List<String> property(String name, String value, int columns) {
        String begin = String.format(Locale.ROOT, "%-12s ", name + ":");
        String shown = printable(value);
        if (columns == 0 || begin.length() + width(shown) <= columns) {
            return List.of(begin + shown);
        }
        List<String> lines = new ArrayList<>();
        if (columns - begin.length() < LEAST) {
            lines.add(begin.stripTrailing());
            wrap(shown, columns - FURTHER.length()).forEach(line -> lines.add(FURTHER + line));
            return lines;
        }
        for (String line : wrap(shown, columns - begin.length())) {
            lines.add((lines.isEmpty() ? begin : " ".repeat(begin.length())) + line);
        }
        return lines;
    }

    /**
     * A sentence as it is printed on a terminal: its further lines are indented by more than the first.
     *
     * @param columns how wide the terminal is; 0 if there is no terminal, where nothing is cut
     */
    public static String sentence(String said, int columns) {
        String shown = printable(said);
        if (columns == 0 || width(shown) <= columns) {
            return shown;
        }
        String text = shown.stripLeading();
        String indent = shown.substring(0, shown.length() - text.length());
        int room = columns - indent.length() - FURTHER.length();
        return indent + String.join("\n" + indent + FURTHER, wrap(text, room));
    }
}
