// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.table;

import dev.virtwire.gen.table.Item.ArmNode;
import dev.virtwire.gen.table.Item.ConstantNode;
import dev.virtwire.gen.table.Item.EnumItem;
import dev.virtwire.gen.table.Item.EventItem;
import dev.virtwire.gen.table.Item.ProcedureItem;
import dev.virtwire.gen.table.Item.StructItem;
import dev.virtwire.gen.table.Item.UnionItem;
import dev.virtwire.gen.table.TableFile.AreaNode;
import dev.virtwire.gen.table.TableFile.ProgramNode;
import dev.virtwire.gen.table.TypeNode.ArraySuffix;
import dev.virtwire.gen.table.TypeNode.OptionalSuffix;
import dev.virtwire.gen.table.TypeNode.Suffix;
import dev.virtwire.gen.table.grammar.TableLexer;
import dev.virtwire.gen.table.grammar.TableParser.AreaContext;
import dev.virtwire.gen.table.grammar.TableParser.ArmContext;
import dev.virtwire.gen.table.grammar.TableParser.ArrayContext;
import dev.virtwire.gen.table.grammar.TableParser.ConstantContext;
import dev.virtwire.gen.table.grammar.TableParser.EnumerationContext;
import dev.virtwire.gen.table.grammar.TableParser.EventContext;
import dev.virtwire.gen.table.grammar.TableParser.FdsContext;
import dev.virtwire.gen.table.grammar.TableParser.FieldContext;
import dev.virtwire.gen.table.grammar.TableParser.FieldsContext;
import dev.virtwire.gen.table.grammar.TableParser.FileContext;
import dev.virtwire.gen.table.grammar.TableParser.ItemContext;
import dev.virtwire.gen.table.grammar.TableParser.MarkContext;
import dev.virtwire.gen.table.grammar.TableParser.OptionalContext;
import dev.virtwire.gen.table.grammar.TableParser.OriginContext;
import dev.virtwire.gen.table.grammar.TableParser.PriorityContext;
import dev.virtwire.gen.table.grammar.TableParser.ProcedureContext;
import dev.virtwire.gen.table.grammar.TableParser.ProgramContext;
import dev.virtwire.gen.table.grammar.TableParser.StreamContext;
import dev.virtwire.gen.table.grammar.TableParser.StructureContext;
import dev.virtwire.gen.table.grammar.TableParser.SuffixContext;
import dev.virtwire.gen.table.grammar.TableParser.TypeContext;
import dev.virtwire.gen.table.grammar.TableParser.UnionContext;
import dev.virtwire.gen.table.grammar.TableParser.WordContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.jspecify.annotations.Nullable;

/** Reads one table. */
public final class TableParser {
    private final String file;
    private final Comments comments;

    private TableParser(String file, Comments comments) {
        this.file = file;
        this.comments = comments;
    }

    /**
     * Reads a file.
     *
     * @throws TableException with each syntax error
     */
    public static TableFile parse(Path file) throws IOException {
        return parse(file.toString(), Files.readString(file));
    }

    /**
     * Reads a text.
     *
     * @param file what error messages call it
     * @throws TableException with each syntax error
     */
    public static TableFile parse(String file, String text) {
        TableLexer lexer = new TableLexer(CharStreams.fromString(text, file));
        CommonTokenStream tokens = new CommonTokenStream(lexer);
        var parser = new dev.virtwire.gen.table.grammar.TableParser(tokens);
        SyntaxErrors errors = SyntaxErrors.listenTo(file, lexer, parser);
        FileContext tree = parser.file();
        errors.check();
        return new TableParser(file, new Comments(tokens)).file(tree);
    }

    private TableFile file(FileContext tree) {
        List<Item> items = new ArrayList<>();
        for (ItemContext item : tree.item()) {
            items.add(item(item));
        }
        ProgramContext program = tree.program();
        return new TableFile(program == null ? null : program(program), area(tree.area()), List.copyOf(items));
    }

    private ProgramNode program(ProgramContext tree) {
        return new ProgramNode(
                position(tree),
                tree.name.getText(),
                number(tree.number),
                number(tree.version),
                optionalNumber(tree.strings),
                text(tree.uses));
    }

    private AreaNode area(AreaContext tree) {
        return new AreaNode(position(tree), tree.name.getText(), tree.owner.getText(), comments.of(tree));
    }

    private Item item(ItemContext tree) {
        if (tree.structure() != null) {
            return structure(tree.structure());
        }
        if (tree.union() != null) {
            return union(tree.union());
        }
        if (tree.enumeration() != null) {
            return enumeration(tree.enumeration());
        }
        return tree.procedure() != null ? procedure(tree.procedure()) : event(tree.event());
    }

    private StructItem structure(StructureContext tree) {
        return new StructItem(
                position(tree), tree.name.getText(), comments.of(tree), comments.source(tree), fields(tree.fields()));
    }

    private UnionItem union(UnionContext tree) {
        List<ArmNode> arms = new ArrayList<>();
        for (ArmContext arm : tree.arm()) {
            arms.add(new ArmNode(number(arm.number), field(arm.field(), arm)));
        }
        return new UnionItem(
                position(tree), tree.name.getText(), comments.of(tree), comments.source(tree), List.copyOf(arms));
    }

    private EnumItem enumeration(EnumerationContext tree) {
        List<ConstantNode> constants = new ArrayList<>();
        for (ConstantContext constant : tree.constant()) {
            constants.add(new ConstantNode(
                    position(constant),
                    constant.name.getText(),
                    number(constant.number),
                    constant.since == null ? null : constant.since.getText(),
                    comments.of(constant)));
        }
        return new EnumItem(
                position(tree),
                tree.name.getText(),
                comments.of(tree),
                comments.source(tree),
                tree.kind.getText().equals("flags"),
                text(tree.carrier),
                function("vir" + tree.name.getText(), tree.origin()),
                List.copyOf(constants));
    }

    private ProcedureItem procedure(ProcedureContext tree) {
        List<Mark> marks = new ArrayList<>();
        for (MarkContext mark : tree.mark()) {
            marks.add(mark(mark));
        }
        return new ProcedureItem(
                position(tree),
                tree.name.getText(),
                comments.of(tree),
                comments.source(tree),
                number(tree.number),
                fields(tree.arguments),
                fields(tree.result),
                List.copyOf(marks),
                function("vir" + tree.name.getText(), tree.origin()),
                tree.since.getText());
    }

    private EventItem event(EventContext tree) {
        return new EventItem(
                position(tree),
                tree.name.getText(),
                comments.of(tree),
                comments.source(tree),
                number(tree.number),
                fields(tree.body),
                function(null, tree.origin()),
                tree.since.getText());
    }

    private static @Nullable String function(@Nullable String usual, @Nullable OriginContext origin) {
        return origin == null ? usual : text(origin.function);
    }

    private static Mark mark(MarkContext tree) {
        if (tree instanceof PriorityContext) {
            return new Mark.Priority();
        }
        if (tree instanceof StreamContext stream) {
            return new Mark.Stream(stream.direction.getText(), stream.getChildCount() == 3);
        }
        if (tree instanceof FdsContext fds) {
            return new Mark.Fds(fds.direction.getText());
        }
        return new Mark.Urgent();
    }

    private List<FieldNode> fields(@Nullable FieldsContext tree) {
        List<FieldNode> fields = new ArrayList<>();
        if (tree != null) {
            for (FieldContext field : tree.field()) {
                fields.add(field(field, field));
            }
        }
        return List.copyOf(fields);
    }

    private FieldNode field(FieldContext tree, ParserRuleContext documented) {
        return new FieldNode(
                position(tree), tree.name.getText(), type(tree.type()), tree.secret != null, comments.of(documented));
    }

    private TypeNode type(TypeContext tree) {
        List<Suffix> suffixes = new ArrayList<>();
        for (SuffixContext suffix : tree.suffix()) {
            suffixes.add(suffix(suffix));
        }
        return new TypeNode(
                tree.base.getText(),
                optionalNumber(tree.bound),
                tree.exact != null,
                List.copyOf(suffixes),
                text(tree.carrier));
    }

    private Suffix suffix(SuffixContext tree) {
        if (tree instanceof OptionalContext) {
            return new OptionalSuffix();
        }
        return new ArraySuffix(
                tree instanceof ArrayContext array
                        ? OptionalLong.of(number(array.INT().getSymbol()))
                        : OptionalLong.empty());
    }

    private OptionalLong optionalNumber(@Nullable Token token) {
        return token == null ? OptionalLong.empty() : OptionalLong.of(number(token));
    }

    private long number(Token token) {
        String text = token.getText();
        try {
            return text.startsWith("0x") ? Long.parseUnsignedLong(text.substring(2), 16) : Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new TableException(new Position(file, token.getLine()), "number out of range: " + token.getText());
        }
    }

    private static @Nullable String text(@Nullable WordContext word) {
        return word == null ? null : word.getText();
    }

    private Position position(ParserRuleContext tree) {
        return new Position(file, tree.getStart().getLine());
    }
}
