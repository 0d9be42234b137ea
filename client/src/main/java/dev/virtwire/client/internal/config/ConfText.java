// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.config;

import dev.virtwire.client.ConfigurationException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads libvirt's configuration syntax: lines {@code name = value}, in which a value is a number, a quoted string
 * without escapes, or a list of strings in brackets that may span lines; {@code #} begins a comment.
 */
final class ConfText {
    private final Path file;
    private final String text;
    private int position;
    private int line = 1;

    private ConfText(Path file, String text) {
        this.file = file;
        this.text = text;
    }

    /**
     * The settings by name; each value is a {@link Long}, a {@link String} or a {@link List} of strings.
     *
     * @throws ConfigurationException with file and line, if the text has another form
     */
    static Map<String, Object> parse(Path file, String text) {
        return new ConfText(file, text).settings();
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = new LinkedHashMap<>();
        skip(true);
        while (position < text.length()) {
            String name = name();
            skip(false);
            if (peek() != '=') {
                throw wrong("'=' is missing after '" + name + "'");
            }
            position++;
            skip(false);
            settings.put(name, value());
            skip(false);
            if (position < text.length() && peek() != '\n') {
                throw wrong("there is more on the line than a value");
            }
            skip(true);
        }
        return settings;
    }

    private String name() {
        int begin = position;
        while (position < text.length() && (Character.isLetterOrDigit(peek()) || peek() == '_' || peek() == '.')) {
            position++;
        }
        if (begin == position) {
            throw wrong("a name is expected where '" + peek() + "' stands");
        }
        return text.substring(begin, position);
    }

    private Object value() {
        char first = peek();
        if (first == '[') {
            position++;
            return list();
        }
        if (first == '"' || first == '\'') {
            return string();
        }
        int begin = position;
        while (position < text.length() && (Character.isDigit(peek()) || (position == begin && peek() == '-'))) {
            position++;
        }
        try {
            return Long.valueOf(text.substring(begin, position));
        } catch (NumberFormatException e) {
            throw wrong("a value is a number, a string in quotes, or a list of such in brackets");
        }
    }

    private List<String> list() {
        List<String> values = new ArrayList<>();
        skip(true);
        while (peek() != ']') {
            if (peek() != '"' && peek() != '\'') {
                throw wrong("a list has strings in quotes");
            }
            values.add(string());
            skip(true);
            if (peek() == ',') {
                position++;
                skip(true);
            } else if (peek() != ']') {
                throw wrong("a list is not closed by ']'");
            }
        }
        position++;
        return values;
    }

    private String string() {
        String quote = text.startsWith("\"\"\"", position) ? "\"\"\"" : text.substring(position, position + 1);
        int begin = position + quote.length();
        int end = text.indexOf(quote, begin);
        if (end < 0 || (quote.length() == 1 && text.substring(begin, end).indexOf('\n') >= 0)) {
            throw wrong("a string is not closed");
        }
        String value = text.substring(begin, end);
        line += (int) value.chars().filter(c -> c == '\n').count();
        position = end + quote.length();
        return value;
    }

    /** Skips spaces and comments, and on demand the ends of lines. */
    private void skip(boolean lines) {
        while (position < text.length()) {
            char c = peek();
            if (c == '#') {
                int end = text.indexOf('\n', position);
                position = end < 0 ? text.length() : end;
            } else if (c == ' ' || c == '\t' || c == '\r') {
                position++;
            } else if (c == '\n' && lines) {
                position++;
                line++;
            } else {
                return;
            }
        }
    }

    /** The current character; NUL at the end. */
    private char peek() {
        return position < text.length() ? text.charAt(position) : 0;
    }

    private ConfigurationException wrong(String why) {
        return new ConfigurationException("%s, line %d: %s".formatted(file, line, why));
    }
}
