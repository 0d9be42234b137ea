// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.internal.yaml;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/** One file that is being read, and what is wrong with it so far. */
public final class Reading {
    /**
     * Something that is wrong.
     *
     * @param line from 1
     * @param column from 1
     */
    public record Mistake(int line, int column, String message) {}

    private final List<Mistake> mistakes = new ArrayList<>();

    /** The file's mapping, or null if it is no YAML or something else; then a mistake says so. */
    public @Nullable Section parse(String text) {
        Optional<Node> root;
        try {
            root = compose(text);
        } catch (MarkedYamlEngineException e) {
            Mark mark = e.getProblemMark().or(e::getContextMark).orElse(null);
            String problem = e.getProblem() == null ? "it is no YAML" : "it is no YAML: " + e.getProblem();
            mistakes.add(
                    mark == null
                            ? new Mistake(1, 1, problem)
                            : new Mistake(mark.getLine() + 1, mark.getColumn() + 1, problem));
            return null;
        } catch (YamlEngineException e) {
            mistakes.add(new Mistake(1, 1, "it is no YAML: " + e.getMessage()));
            return null;
        }
        if (root.isEmpty()) {
            mistakes.add(new Mistake(1, 1, "it is empty"));
            return null;
        }
        if (root.get() instanceof MappingNode mapping) {
            return new Section(this, "", null, mapping);
        }
        mistake(root.get(), "it has to consist of keys and their values");
        return null;
    }

    /** As the library's own Compose does, whose package its module keeps to itself. */
    private static Optional<Node> compose(String text) {
        LoadSettings settings = LoadSettings.builder().build();
        return new Composer(settings, new ParserImpl(settings, new StreamReader(settings, text))).getSingleNode();
    }

    /** Notes that something at a node is wrong. */
    void mistake(Node node, String message) {
        int line = node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
        int column = node.getStartMark().map(mark -> mark.getColumn() + 1).orElse(1);
        mistakes.add(new Mistake(line, column, message));
    }

    /** All that is wrong, in the order of the file. */
    public List<Mistake> mistakes() {
        return mistakes.stream()
                .sorted(Comparator.comparingInt(Mistake::line).thenComparingInt(Mistake::column))
                .toList();
    }
}
