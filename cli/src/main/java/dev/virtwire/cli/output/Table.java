// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** A table for people: aligned columns, two spaces between them. */
public final class Table {
    private static final String GAP = "  ";
    /** Where less is left, lines are not cut any shorter. */
    private static final int LEAST = 24;

    private final List<String> header;
    private final Set<String> rightAligned;
    private final List<List<String>> rows = new ArrayList<>();
    private final List<String> under = new ArrayList<>();

    private Table(List<String> header, Set<String> rightAligned) {
        this.header = header;
        this.rightAligned = rightAligned;
    }

    /** A table with these columns. */
    public static Table of(String... columns) {
        return new Table(List.of(columns), Set.of());
    }

    /** The same with columns of numbers, which end at one place. */
    public Table rightAligned(String... columns) {
        return new Table(header, Set.of(columns));
    }

    /** Adds a row, with a cell for each column. */
    public Table row(String... cells) {
        if (cells.length != header.size()) {
            throw new IllegalArgumentException(Arrays.toString(cells) + " does not fit " + header);
        }
        rows.add(Stream.of(cells).map(TerminalText::printable).toList());
        under.add("");
        return this;
    }

    /** Adds a text under the last cell of the row before it; where there is no terminal, it stands behind that. */
    public Table under(String text) {
        under.set(under.size() - 1, TerminalText.printable(text));
        return this;
    }

    /** Whether there is no row. */
    public boolean isEmpty() {
        return rows.isEmpty();
    }

    /** Prints header and rows. On a terminal, what is too wide in the last column is wrapped there. */
    public void print(Console console) {
        print(console, "");
    }

    /** Prints header and rows with something in front of each. */
    public void print(Console console, String indent) {
        int[] widths = new int[header.size()];
        measure(widths, header);
        rows.forEach(row -> measure(widths, row));
        int before = indent.length();
        for (int column = 0; column < widths.length - 1; column++) {
            before += widths[column] + GAP.length();
        }
        int room = console.outColumns() == 0 ? Integer.MAX_VALUE : Math.max(LEAST, console.outColumns() - before);
        line(console.out(), indent, widths, header);
        for (int i = 0; i < rows.size(); i++) {
            List<String> cells = new ArrayList<>(rows.get(i));
            List<String> last = lines(cells.get(cells.size() - 1), under.get(i), room);
            cells.set(cells.size() - 1, last.get(0));
            line(console.out(), indent, widths, cells);
            for (String more : last.subList(1, last.size())) {
                console.out().println(" ".repeat(before) + more);
            }
        }
    }

    private static List<String> lines(String cell, String under, int room) {
        if (room == Integer.MAX_VALUE) {
            return List.of(under.isEmpty() ? cell : cell + " " + under);
        }
        List<String> lines = TerminalText.wrap(cell, room);
        if (!under.isEmpty()) {
            lines.addAll(TerminalText.wrap(under, room));
        }
        return lines;
    }

    private static void measure(int[] widths, List<String> cells) {
        for (int column = 0; column < widths.length; column++) {
            widths[column] = Math.max(widths[column], TerminalText.width(cells.get(column)));
        }
    }

    private void line(PrintStream out, String indent, int[] widths, List<String> cells) {
        StringBuilder line = new StringBuilder(indent);
        for (int column = 0; column < widths.length; column++) {
            String cell = cells.get(column);
            boolean last = column == widths.length - 1;
            boolean right = rightAligned.contains(header.get(column));
            String padding = last && !right ? "" : " ".repeat(Math.max(0, widths[column] - TerminalText.width(cell)));
            line.append(right ? padding : "").append(cell).append(right ? "" : padding);
            line.append(GAP);
        }
        out.println(line.toString().stripTrailing());
    }
}
