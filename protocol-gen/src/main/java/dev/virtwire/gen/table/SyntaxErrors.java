// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.table;

import java.util.ArrayList;
import java.util.List;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.Lexer;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.jspecify.annotations.Nullable;

/** Collects what a lexer and a parser complain about, with file and line. */
public final class SyntaxErrors extends BaseErrorListener {
    private final String file;
    private final List<String> errors = new ArrayList<>();

    private SyntaxErrors(String file) {
        this.file = file;
    }

    /** Listens to both, in place of the listener that prints to standard error. */
    public static SyntaxErrors listenTo(String file, Lexer lexer, Parser parser) {
        SyntaxErrors errors = new SyntaxErrors(file);
        lexer.removeErrorListeners();
        lexer.addErrorListener(errors);
        parser.removeErrorListeners();
        parser.addErrorListener(errors);
        return errors;
    }

    /**
     * Ends the stage if there was any error.
     *
     * @throws TableException with all of them
     */
    public void check() {
        if (!errors.isEmpty()) {
            throw new TableException(errors);
        }
    }

    @Override
    public void syntaxError(
            Recognizer<?, ?> recognizer,
            @Nullable Object symbol,
            int line,
            int column,
            String message,
            @Nullable RecognitionException error) {
        errors.add(new Position(file, line) + ": column " + (column + 1) + ": " + message);
    }
}
