// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.text;

import dev.virtwire.xdr.XdrValues;
import java.util.Optional;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** The text of a record as Java would make it, with the names of its numbers: {@code BlockJob[type=COPY (2)]}. */
public final class RecordText {
    private final StringJoiner parts;

    private RecordText(String record) {
        parts = new StringJoiner(", ", record + "[", "]");
    }

    /** The text of a record of this class that has nothing in it yet. */
    public static RecordText of(String record) {
        return new RecordText(record);
    }

    /** Adds a component. */
    public RecordText with(String component, @Nullable Object value) {
        parts.add(component + "=" + value);
        return this;
    }

    /** Adds a number with its name, or alone if it has none here. */
    public RecordText with(String component, Optional<? extends Enum<?>> name, int number) {
        return with(component, XdrValues.named(name, number));
    }

    @Override
    public String toString() {
        return parts.toString();
    }
}
