// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.table;

import java.util.List;

/** Tables that say something wrong; carries every error found, one a line, each with file and line. */
public final class TableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> errors;

    /** All errors that one stage found, in the order of the text. */
    public TableException(List<String> errors) {
        super(String.join("\n", errors));
        this.errors = List.copyOf(errors);
    }

    /** One error. */
    public TableException(Position position, String text) {
        this(List.of(position + ": " + text));
    }

    /** Each error with its file and line. */
    public List<String> errors() {
        return errors;
    }
}
