// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A table for people: aligned columns, two spaces between them. Without a terminal, a row is a line, however
 * long it is. On a terminal that is too narrow, the last column is wrapped if it holds sentences; of the widest of the
 * other columns, what is too long has a line of its own; and if even that does not do, each row takes several lines.
 */
public final class Table {
    private static final String GAP = "  ";
    /** The further lines of a row are indented by that. */
    private static final String FURTHER = "    ";
    /** No column of sentences is made narrower. */
    private static final int LEAST_TEXT = 24;
    /** No column of names is made narrower, because then nearly every name would have a line of its own. */
    private static final int LEAST_NAME = 8;

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

    /** Adds a text under the last cell of the row before it; without a terminal, it stands behind that. */
    public Table under(String text) {
        under.set(under.size() - 1, TerminalText.printable(text));
        return this;
    }

    /** Whether there is no row. */
    public boolean isEmpty() {
        return rows.isEmpty();
    }

    /** Prints header and rows. */
    public void print(Console console) {
        print(console, "");
    }

    /** Prints header and rows with something in front of each. */
    public void print(Console console, String indent) {
        Layout layout = new Layout(console.out(), indent, console.outColumns());
        layout.row(header, "");
        for (int i = 0; i < rows.size(); i++) {
            layout.row(rows.get(i), under.get(i));
        }
    }

    /** Where the cells go. */
    private final class Layout {
        private final PrintStream out;
        private final String indent;
        private final int columns;
        private final int last = header.size() - 1;
        private final int[] widths = new int[header.size()];
        /** The columns that begin another line of each row. */
        private final List<Integer> breaks = new ArrayList<>();

        Layout(PrintStream out, String indent, int columns) {
            this.out = out;
            this.indent = indent;
            this.columns = columns;
            measure(header);
            rows.forEach(this::measure);
            if (columns > 0) {
                fit();
            }
        }

        private void measure(List<String> cells) {
            for (int column = 0; column < widths.length; column++) {
                widths[column] = Math.max(widths[column], TerminalText.width(cells.get(column)));
            }
        }

        private void fit() {
            int excess = before(0, last) + leastOfLast() - columns;
            if (excess <= 0) {
                return;
            }
            int widest = widest();
            int least = Math.max(LEAST_NAME, TerminalText.width(header.get(widest)));
            if (widths[widest] - excess >= least) {
                widths[widest] -= excess;
            } else {
                fold();
            }
        }

        /** The places before a column, from the one that begins its line. */
        private int before(int first, int column) {
            int place = first == 0 ? indent.length() : indent.length() + FURTHER.length();
            for (int i = first; i < column; i++) {
                place += widths[i] + GAP.length();
            }
            return place;
        }

        private int leastOfLast() {
            boolean sentences = rows.stream().anyMatch(row -> row.get(last).indexOf(' ') >= 0);
            return sentences && !rightAligned.contains(header.get(last))
                    ? Math.min(widths[last], LEAST_TEXT)
                    : widths[last];
        }

        private int widest() {
            int widest = 0;
            for (int column = 0; column < last; column++) {
                if (widths[column] > widths[widest] && !rightAligned.contains(header.get(column))) {
                    widest = column;
                }
            }
            return widest;
        }

        private void fold() {
            int first = 0;
            for (int column = 1; column <= last; column++) {
                int width = column == last ? leastOfLast() : widths[column];
                if (before(first, column) + width > columns) {
                    breaks.add(column);
                    first = column;
                }
            }
        }

        private void row(List<String> cells, String below) {
            StringBuilder line = new StringBuilder(indent);
            int first = 0;
            for (int column = 0; column < last; column++) {
                if (breaks.contains(column)) {
                    first = column;
                    flush(line, indent + FURTHER);
                }
                String cell = cells.get(column);
                int missing = widths[column] - TerminalText.width(cell);
                if (missing < 0) {
                    // It stands alone, and the rest of the row below it.
                    line.append(cell);
                    flush(line, " ".repeat(before(first, column + 1)));
                } else {
                    boolean right = rightAligned.contains(header.get(column));
                    String padding = " ".repeat(missing);
                    line.append(right ? padding : "").append(cell).append(right ? "" : padding);
                    line.append(GAP);
                }
            }
            if (breaks.contains(last)) {
                first = last;
                flush(line, indent + FURTHER);
            }
            lastCell(line, cells.get(last), below, before(first, last));
        }

        private void lastCell(StringBuilder line, String cell, String below, int place) {
            if (columns == 0) {
                flush(line.append(aligned(cell)).append(below.isEmpty() ? "" : " " + below), "");
                return;
            }
            int room = Math.max(Math.min(LEAST_TEXT, columns - indent.length() - FURTHER.length()), columns - place);
            List<String> lines = new ArrayList<>(TerminalText.wrap(cell, room));
            if (!below.isEmpty()) {
                lines.addAll(TerminalText.wrap(below, room));
            }
            for (String each : lines) {
                flush(line.append(aligned(each)), " ".repeat(place));
            }
        }

        private String aligned(String cell) {
            boolean right = rightAligned.contains(header.get(last));
            return right ? " ".repeat(Math.max(0, widths[last] - TerminalText.width(cell))) + cell : cell;
        }

        private void flush(StringBuilder line, String next) {
            out.println(line.toString().stripTrailing());
            line.setLength(0);
            line.append(next);
        }
    }
}
