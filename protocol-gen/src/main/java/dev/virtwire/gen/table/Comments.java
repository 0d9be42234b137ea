// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.table;

import dev.virtwire.gen.table.grammar.TableLexer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;

/**
 * Which comment belongs to what: the lines directly above a declaration, with no blank line between, and what stands
 * behind it on its last line. A comment that a blank line sets apart is the table's own and documents nothing.
 */
final class Comments {
    private final CommonTokenStream tokens;

    Comments(CommonTokenStream tokens) {
        this.tokens = tokens;
    }

    String of(ParserRuleContext declaration) {
        List<String> lines = new ArrayList<>(above(declaration.getStart()));
        String behind = behind(declaration.getStop());
        if (!behind.isEmpty()) {
            lines.add(behind);
        }
        return String.join("\n", lines);
    }

    /** The declaration's text without comments. */
    String source(ParserRuleContext declaration) {
        StringBuilder text = new StringBuilder();
        Token previous = null;
        for (int i = declaration.getStart().getTokenIndex();
                i <= declaration.getStop().getTokenIndex();
                i++) {
            Token token = tokens.get(i);
            if (token.getChannel() != Token.DEFAULT_CHANNEL) {
                continue;
            }
            if (previous != null && previous.getStopIndex() + 1 < token.getStartIndex()) {
                text.append(' ');
            }
            text.append(token.getText());
            previous = token;
        }
        return text.toString().replaceAll(",? ([)}])", " $1").replace("( ", "(").replace(" )", ")");
    }

    private Deque<String> above(Token start) {
        Deque<String> lines = new ArrayDeque<>();
        int line = start.getLine();
        for (int i = start.getTokenIndex() - 1; i >= 0; i--) {
            Token token = tokens.get(i);
            boolean ownLine = i == 0 || tokens.get(i - 1).getLine() < token.getLine();
            if (token.getType() != TableLexer.COMMENT || token.getLine() != line - 1 || !ownLine) {
                break;
            }
            lines.addFirst(text(token));
            line = token.getLine();
        }
        return lines;
    }

    private String behind(Token stop) {
        for (int i = stop.getTokenIndex() + 1; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (token.getLine() != stop.getLine()) {
                break;
            }
            if (token.getType() == TableLexer.COMMENT) {
                return text(token);
            }
            if (!token.getText().equals(",")) {
                break;
            }
        }
        return "";
    }

    private static String text(Token comment) {
        return comment.getText().substring(1).strip();
    }
}
