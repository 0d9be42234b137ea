// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The words that an option takes, and what they mean. A shell completes the same words. */
public abstract class WordConverter<T> implements ITypeConverter<T>, Iterable<String> {
    private final Map<String, T> meanings = new LinkedHashMap<>();

    /** Values in the order in which they are named, each with its word. */
    @SafeVarargs
    protected WordConverter(Function<T, String> word, T... values) {
        for (T value : values) {
            meanings.put(word.apply(value), value);
        }
    }

    @Override
    public T convert(String text) {
        T meaning = meanings.get(text);
        if (meaning == null) {
            throw new TypeConversionException(
                    "'" + text + "' is neither " + String.join(" nor ", meanings.keySet()) + hint(text));
        }
        return meaning;
    }

    /** What there is to say about a word that is not one of them. */
    protected String hint(String text) {
        return "";
    }

    @Override
    public Iterator<String> iterator() {
        return meanings.keySet().iterator();
    }
}
