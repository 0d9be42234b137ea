// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.internal.yaml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * A mapping of a file. Each method reads the value of a key and gives null or an empty list if the key is missing, or
 * if its value makes no sense; then the mistake is noted. {@link #end} notes the keys that nobody has asked for.
 */
public final class Section {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}");

    private final Reading reading;
    private final String path;
    private final Node place;
    private final Map<String, Node> values = new LinkedHashMap<>();
    private final Map<String, Node> keys = new LinkedHashMap<>();
    private final Set<String> asked = new LinkedHashSet<>();

    Section(Reading reading, String path, @Nullable Node key, MappingNode mapping) {
        this.reading = reading;
        this.path = path;
        this.place = key == null ? mapping : key;
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode scalar)) {
                reading.mistake(tuple.getKeyNode(), "a key is one word");
            } else if (values.containsKey(scalar.getValue())) {
                reading.mistake(scalar, name(scalar.getValue()) + " stands here a second time");
            } else {
                values.put(scalar.getValue(), tuple.getValueNode());
                keys.put(scalar.getValue(), scalar);
            }
        }
    }

    /** Notes that this section as a whole is wrong. */
    public void mistake(String message) {
        reading.mistake(place, message);
    }

    /** Notes that the value of a key is wrong. */
    public void mistake(String key, String message) {
        reading.mistake(values.getOrDefault(key, place), message);
    }

    /** What messages call a key of this section. */
    public String name(String key) {
        return path.isEmpty() ? "'" + key + "'" : "'" + path + "." + key + "'";
    }

    /** Its keys and those around it, joined by dots. */
    public String path() {
        return path;
    }

    /** Whether the key is there, whatever its value is. */
    public boolean has(String key) {
        asked.add(key);
        return values.containsKey(key);
    }

    /** One line of text. */
    public @Nullable String text(String key) {
        Node node = value(key);
        return node == null ? null : scalar(node, name(key));
    }

    /** A text of any number of lines. */
    public @Nullable String block(String key) {
        Node node = value(key);
        return node instanceof ScalarNode scalar && !scalar.getValue().isBlank() ? scalar.getValue() : text(key);
    }

    /** One line of text that has to be there. */
    public @Nullable String requiredText(String key) {
        require(key);
        return text(key);
    }

    /** Notes if a key is missing that has to be there, whatever its value is. */
    public void require(String key) {
        if (!has(key)) {
            mistake((path.isEmpty() ? "the file" : "'" + path + "'") + " needs the key '" + key + "'");
        }
    }

    /** A text, or several. */
    public List<String> texts(String key) {
        Node node = value(key);
        List<String> texts = new ArrayList<>();
        if (node == null) {
            return texts;
        }
        for (Node each : elements(node, name(key))) {
            String text = scalar(each, name(key));
            if (text != null) {
                texts.add(text);
            }
        }
        return texts;
    }

    /** Who writes an empty list has forgotten something, or a program that writes the file has found nothing. */
    private List<Node> elements(Node node, String name) {
        if (!(node instanceof SequenceNode sequence)) {
            return List.of(node);
        }
        if (sequence.getValue().isEmpty()) {
            reading.mistake(node, name + " is an empty list: leave the key out, or put something into it");
        }
        return sequence.getValue();
    }

    /** Whether the value of a key is a list. */
    public boolean isList(String key) {
        return value(key) instanceof SequenceNode;
    }

    /** Whether the value of a key is a mapping. */
    public boolean isSection(String key) {
        return value(key) instanceof MappingNode;
    }

    /** {@code true} or {@code false}; false if the key is missing. */
    public boolean flag(String key) {
        return Boolean.TRUE.equals(value(key, text -> switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("either true or false");
        }));
    }

    /** A value that is made out of the text; an {@link IllegalArgumentException} says what the key's value is. */
    public <T> @Nullable T value(String key, Function<String, T> reader) {
        return value(key, reader, false);
    }

    /** The same of a text that may hold a secret: messages do not repeat it. */
    public <T> @Nullable T secretive(String key, Function<String, T> reader) {
        return value(key, reader, true);
    }

    private <T> @Nullable T value(String key, Function<String, T> reader, boolean secret) {
        String text = text(key);
        if (text == null) {
            return null;
        }
        try {
            return reader.apply(text);
        } catch (IllegalArgumentException e) {
            mistake(
                    key,
                    name(key)
                            + (secret ? ": " + e.getMessage() : " is " + e.getMessage() + ", and not '" + text + "'"));
            return null;
        }
    }

    /** A whole number of this range. */
    public @Nullable Integer number(String key, int least, int most) {
        return value(key, text -> {
            String range = "a whole number from " + least + " to " + most;
            try {
                int number = Integer.parseInt(text);
                if (number >= least && number <= most) {
                    return number;
                }
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(range, e);
            }
            throw new IllegalArgumentException(range);
        });
    }

    /** One of several words. */
    public <T> @Nullable T word(String key, List<T> allowed) {
        String text = text(key);
        if (text == null) {
            return null;
        }
        for (T each : allowed) {
            if (each.toString().equals(text)) {
                return each;
            }
        }
        mistake(
                key,
                name(key) + " cannot be '" + text + "': "
                        + Suggestion.of(
                                text, allowed.stream().map(Object::toString).toList()));
        return null;
    }

    /** What another part of the file has under the name that stands here. */
    public <T> @Nullable T reference(String key, Map<String, T> named, Set<String> broken, String what) {
        String text = requiredText(key);
        return text == null ? null : resolve(values.getOrDefault(key, place), key, text, named, broken, what);
    }

    /** The same of several names. */
    public <T> List<T> references(String key, Map<String, T> named, Set<String> broken, String what) {
        List<T> found = new ArrayList<>();
        Node node = value(key);
        if (node == null) {
            return found;
        }
        for (Node each : elements(node, name(key))) {
            String text = scalar(each, name(key));
            T value = text == null ? null : resolve(each, key, text, named, broken, what);
            if (value != null && !found.contains(value)) {
                found.add(value);
            }
        }
        return found;
    }

    /** What is there and has mistakes of its own is not said to be missing. */
    private <T> @Nullable T resolve(
            Node at, String key, String text, Map<String, T> named, Set<String> broken, String what) {
        T found = named.get(text);
        if (found == null && !broken.contains(text)) {
            Set<String> allowed = new LinkedHashSet<>(named.keySet());
            allowed.addAll(broken);
            reading.mistake(
                    at, name(key) + ": there is no " + what + " '" + text + "': " + Suggestion.of(text, allowed));
        }
        return found;
    }

    /** The mapping below a key. */
    public @Nullable Section section(String key) {
        Node node = value(key);
        if (node == null) {
            return null;
        }
        if (node instanceof MappingNode mapping) {
            return new Section(reading, path.isEmpty() ? key : path + "." + key, keys.get(key), mapping);
        }
        reading.mistake(node, name(key) + " consists of keys and their values");
        return null;
    }

    /** The mappings below a key, each under a name of the user's. */
    public Map<String, Section> sections(String key) {
        Map<String, Section> sections = new LinkedHashMap<>();
        Section all = section(key);
        if (all == null) {
            return sections;
        }
        for (String name : all.values.keySet()) {
            if (!NAME.matcher(name).matches()) {
                reading.mistake(
                        all.keys.getOrDefault(name, all.place),
                        "a name has letters, digits, '.', '_' and '-', at most 64, and begins with a letter or digit,"
                                + " unlike '" + name + "'");
            }
            Section each = all.section(name);
            if (each != null) {
                sections.put(name, each);
            }
        }
        return sections;
    }

    /** Texts under names of the user's. */
    public Map<String, String> pairs(String key) {
        Map<String, String> pairs = new LinkedHashMap<>();
        Section all = section(key);
        if (all != null) {
            for (String name : all.values.keySet()) {
                String text = all.text(name);
                if (text != null) {
                    pairs.put(name, text);
                }
            }
        }
        return pairs;
    }

    /** Notes each key that this section does not have. */
    public void end() {
        for (Map.Entry<String, Node> key : keys.entrySet()) {
            if (!asked.contains(key.getKey())) {
                reading.mistake(
                        key.getValue(),
                        "there is no key " + name(key.getKey()) + ": " + Suggestion.of(key.getKey(), asked));
            }
        }
    }

    private @Nullable Node value(String key) {
        asked.add(key);
        return values.get(key);
    }

    private @Nullable String scalar(Node node, String name) {
        if (!(node instanceof ScalarNode scalar)) {
            reading.mistake(
                    node,
                    name + " takes a text here, and not a " + (node instanceof SequenceNode ? "list" : "section"));
            return null;
        }
        if (scalar.getValue().isBlank()
                || (scalar.isPlain() && scalar.getValue().equals("null"))) {
            reading.mistake(node, name + " has no value");
            return null;
        }
        if (scalar.getValue().strip().lines().count() > 1) {
            reading.mistake(node, name + " takes one line");
            return null;
        }
        return scalar.getValue().strip();
    }
}
