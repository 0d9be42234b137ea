// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads what an option and a key of the configuration file write alike. */
public abstract class ValueConverter<T> implements ITypeConverter<T> {
    private final Function<String, T> reader;

    /**
     * By a reader.
     *
     * @param reader throws an {@link IllegalArgumentException} that says what is allowed
     */
    protected ValueConverter(Function<String, T> reader) {
        this.reader = reader;
    }

    @Override
    public final T convert(String value) {
        try {
            return reader.apply(value);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException("'" + value + "' is not " + e.getMessage());
        }
    }
}
