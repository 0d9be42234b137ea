// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.table.TableException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The tables of Wireshark's libvirt dissector, which libvirt generates from its {@code .x} files: the number and name
 * of each procedure, and the fields of each message with their kind. Bounds, whether something may be missing, streams,
 * files and priority are not in it.
 */
public final class Dissector {
    private static final String PREFIX = "libvirt.";

    private final List<Map<Integer, String>> programs;
    private final Map<String, List<Field>> messages;

    private Dissector(List<Map<Integer, String>> programs, Map<String, List<Field>> messages) {
        this.programs = programs;
        this.messages = messages;
    }

    /**
     * A field of a message.
     *
     * @param name libvirt's
     */
    record Field(String name, Kind kind) {}

    /** What Wireshark calls a field's type ({@code ftenum}), with the tables' word for it. */
    enum Kind {
        /** A struct, a union, or an array. */
        COMPOUND(0, "?"),
        BOOLEAN(2, "int"),
        UCHAR(4, "uchar"),
        USHORT(5, "ushort"),
        UINT(7, "uint"),
        U64(11, "u64"),
        CHAR(12, "char"),
        SHORT(13, "?"),
        INT(15, "int"),
        I64(19, "i64"),
        FLOAT(22, "?"),
        DOUBLE(23, "double"),
        STRING(26, "string"),
        BYTES(30, "opaque(?)"),
        /** Of a Wireshark that counts otherwise. */
        UNKNOWN(-1, "?");

        private final int number;
        private final String word;

        Kind(int number, String word) {
            this.number = number;
            this.word = word;
        }

        String word() {
            return word;
        }

        static Kind of(int number) {
            for (Kind kind : values()) {
                if (kind.number == number) {
                    return kind;
                }
            }
            return UNKNOWN;
        }
    }

    /**
     * Reads a plugin.
     *
     * @throws TableException if it is no shared object, or has no such tables
     */
    public static Dissector read(Path file) throws IOException {
        SharedObject object = SharedObject.read(file);
        List<Map<Integer, String>> programs = new ArrayList<>();
        Map<String, List<Field>> messages = new LinkedHashMap<>();
        Map<Integer, String> numbers = new TreeMap<>();
        int last = 0;
        long expected = 0;
        for (long place : object.pointers()) {
            String text = object.text(place);
            // { number, name }, 16 bytes each: Wireshark's value_string.
            int number = object.number(place - 8);
            boolean named = text != null && text.matches("[A-Z][A-Z0-9_]*");
            boolean next = named && place == expected && number == last + 1;
            if (!next) {
                addProgram(programs, numbers);
                numbers = new TreeMap<>();
            }
            if (next || (named && (number == 0 || number == 1))) {
                numbers.put(number, text);
            }
            last = number;
            expected = place + 16;
            // { &id, { name, abbreviation, type … } }: Wireshark's hf_register_info.
            if (text != null && text.startsWith(PREFIX)) {
                addField(messages, text.substring(PREFIX.length()).split("\\."), Kind.of(object.number(place + 8)));
            }
        }
        addProgram(programs, numbers);
        if (programs.isEmpty() || messages.isEmpty()) {
            throw new TableException(List.of(file + ": it has no tables of Wireshark's libvirt dissector"));
        }
        return new Dissector(List.copyOf(programs), messages);
    }

    private static void addProgram(List<Map<Integer, String>> programs, Map<Integer, String> numbers) {
        // Procedures are counted from 1; what is counted from 0 is something else, such as the type of a message.
        if (numbers.containsKey(1) && !numbers.containsKey(0)) {
            programs.add(Map.copyOf(numbers));
        }
    }

    /** A deeper name is of an array's elements, which have no place of their own. */
    private static void addField(Map<String, List<Field>> messages, String[] words, Kind kind) {
        if (words.length == 2) {
            messages.computeIfAbsent(words[0], any -> new ArrayList<>()).add(new Field(words[1], kind));
        }
    }

    /** The procedures of each program by their numbers. */
    List<Map<Integer, String>> programs() {
        return programs;
    }

    /** The fields of a message such as {@code remote_domain_get_state_args}, in order; none if it has no body. */
    List<Field> fields(String message) {
        return messages.getOrDefault(message, List.of());
    }
}
