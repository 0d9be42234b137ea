// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import dev.virtwire.gen.table.Position;
import dev.virtwire.gen.table.SyntaxErrors;
import dev.virtwire.gen.table.TableException;
import dev.virtwire.gen.upstream.XdrDefinition.Alias;
import dev.virtwire.gen.upstream.XdrDefinition.Arm;
import dev.virtwire.gen.upstream.XdrDefinition.Constant;
import dev.virtwire.gen.upstream.XdrDefinition.Declaration;
import dev.virtwire.gen.upstream.XdrDefinition.Enumeration;
import dev.virtwire.gen.upstream.XdrDefinition.Member;
import dev.virtwire.gen.upstream.XdrDefinition.Shape;
import dev.virtwire.gen.upstream.XdrDefinition.Structure;
import dev.virtwire.gen.upstream.XdrDefinition.Union;
import dev.virtwire.gen.upstream.grammar.XdrLexer;
import dev.virtwire.gen.upstream.grammar.XdrParser.AliasContext;
import dev.virtwire.gen.upstream.grammar.XdrParser.ArmContext;
import dev.virtwire.gen.upstream.grammar.XdrParser.ConstantContext;
import dev.virtwire.gen.upstream.grammar.XdrParser.DeclarationContext;
import dev.virtwire.gen.upstream.grammar.XdrParser.DefinitionContext;
import dev.virtwire.gen.upstream.grammar.XdrParser.EnumerationContext;
import dev.virtwire.gen.upstream.grammar.XdrParser.FixedContext;
import dev.virtwire.gen.upstream.grammar.XdrParser.MemberContext;
import dev.virtwire.gen.upstream.grammar.XdrParser.OptionalContext;
import dev.virtwire.gen.upstream.grammar.XdrParser.PlainContext;
import dev.virtwire.gen.upstream.grammar.XdrParser.StructureContext;
import dev.virtwire.gen.upstream.grammar.XdrParser.TypeContext;
import dev.virtwire.gen.upstream.grammar.XdrParser.UnionContext;
import dev.virtwire.gen.upstream.grammar.XdrParser.VariableContext;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.ParseTree;

/** Reads one {@code .x} file. */
final class XdrParser {
    private final String file;
    private final CommonTokenStream tokens;

    private XdrParser(String file, CommonTokenStream tokens) {
        this.file = file;
        this.tokens = tokens;
    }

    /**
     * Reads a text.
     *
     * @param file what error messages call it
     * @throws TableException with each syntax error
     */
    static List<XdrDefinition> parse(String file, String text) {
        XdrLexer lexer = new XdrLexer(CharStreams.fromString(text, file));
        CommonTokenStream tokens = new CommonTokenStream(lexer);
        var parser = new dev.virtwire.gen.upstream.grammar.XdrParser(tokens);
        SyntaxErrors errors = SyntaxErrors.listenTo(file, lexer, parser);
        List<DefinitionContext> tree = parser.file().definition();
        errors.check();
        XdrParser reader = new XdrParser(file, tokens);
        return tree.stream().map(reader::definition).toList();
    }

    private XdrDefinition definition(DefinitionContext tree) {
        Position position = position(tree);
        if (tree instanceof ConstantContext constant) {
            return new Constant(
                    position, constant.name.getText(), constant.value().getText());
        }
        if (tree instanceof AliasContext alias) {
            Declaration declaration = declaration(alias.declaration());
            return new Alias(position, declaration.name(), declaration);
        }
        if (tree instanceof EnumerationContext enumeration) {
            List<Member> members =
                    enumeration.member().stream().map(this::member).toList();
            return new Enumeration(position, enumeration.name.getText(), members);
        }
        if (tree instanceof StructureContext structure) {
            List<Declaration> fields =
                    structure.declaration().stream().map(this::declaration).toList();
            return new Structure(position, structure.name.getText(), fields);
        }
        UnionContext union = (UnionContext) tree;
        List<Arm> arms = new ArrayList<>();
        for (ArmContext arm : union.arm()) {
            arms.add(new Arm(arm.value().getText(), declaration(arm.declaration())));
        }
        return new Union(position, union.name.getText(), List.copyOf(arms));
    }

    private Member member(MemberContext tree) {
        List<Token> before = tokens.getHiddenTokensToLeft(tree.getStart().getTokenIndex());
        String comment = before == null ? "" : before.get(before.size() - 1).getText();
        return new Member(position(tree), tree.name.getText(), tree.value().getText(), comment);
    }

    private Declaration declaration(DeclarationContext tree) {
        Position position = position(tree);
        if (tree instanceof PlainContext plain) {
            return new Declaration(position, type(plain.type()), plain.name.getText(), Shape.PLAIN, null);
        }
        if (tree instanceof OptionalContext optional) {
            return new Declaration(position, type(optional.type()), optional.name.getText(), Shape.OPTIONAL, null);
        }
        if (tree instanceof VariableContext variable) {
            String size = variable.value() == null ? null : variable.value().getText();
            return new Declaration(position, type(variable.type()), variable.name.getText(), Shape.VARIABLE, size);
        }
        FixedContext fixed = (FixedContext) tree;
        return new Declaration(
                position,
                type(fixed.type()),
                fixed.name.getText(),
                Shape.FIXED,
                fixed.value().getText());
    }

    /** The words of a type, without those that only say what kind of name follows. */
    private static String type(TypeContext tree) {
        String words = tree.children.stream().map(ParseTree::getText).collect(Collectors.joining(" "));
        return words.equals("unsigned") ? "unsigned int" : words.replaceFirst("^(struct|enum|union) ", "");
    }

    private Position position(ParserRuleContext tree) {
        return new Position(file, tree.getStart().getLine());
    }
}
