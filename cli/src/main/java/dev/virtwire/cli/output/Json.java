// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import dev.virtwire.jobs.report.JsonFields;
import dev.virtwire.repository.Notice;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes what {@code --json} prints. A class of its own, so that nothing of Jackson is loaded without that option. */
public final class Json {
    /** Writes the fields of an object. */
    @FunctionalInterface
    public interface Fields {
        /** Writes them; the object itself is begun and ended around it. */
        void write(JsonGenerator json) throws IOException;
    }

    /** JSON itself escapes the first 32 characters alone, and a terminal obeys more. */
    private static final class ForTerminals extends CharacterEscapes {
        private static final long serialVersionUID = 1;

        @Override
        public int[] getEscapeCodesForAscii() {
            int[] codes = standardAsciiEscapesForJSON();
            codes['\u007f'] = ESCAPE_STANDARD;
            return codes;
        }

        @Override
        public @Nullable SerializableString getEscapeSequence(int character) {
            // A character beyond 16 bits comes here in halves, which are left as they are.
            return TerminalText.acts(character) && Character.getType(character) != Character.SURROGATE
                    ? new SerializedString(String.format(Locale.ROOT, "\\u%04x", character))
                    : null;
        }
    }

    private Json() {}

    /** An object on one line. */
    public static String line(Fields fields) {
        return write(fields, false);
    }

    /** Prints an object on lines for people to read, and ends the last one. */
    public static void print(PrintStream out, Fields fields) {
        out.println(write(fields, true));
    }

    /** The strings of a list, as an array. */
    public static void writeStrings(JsonGenerator json, String name, List<String> strings) throws IOException {
        JsonFields.strings(json, name, strings);
    }

    /** Notices as two arrays of their texts, {@code notices} and {@code warnings}. */
    public static void writeNotices(JsonGenerator json, List<Notice> notices) throws IOException {
        JsonFields.notices(json, notices);
    }

    private static String write(Fields fields, boolean pretty) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.setCharacterEscapes(new ForTerminals());
            if (pretty) {
                DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
                json.setPrettyPrinter(
                        new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter));
            }
            json.writeStartObject();
            fields.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            // A StringWriter fails nothing; the fields that are written come from memory.
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }
}
