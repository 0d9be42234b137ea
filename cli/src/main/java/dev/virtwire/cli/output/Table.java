// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** A table for people: aligned columns, two spaces between them. */
public final class Table {
    private static final String GAP = "  ";

    private final List<String> header;
    private final Set<String> rightAligned;
    private final List<List<String>> rows = new ArrayList<>();

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
        rows.add(List.of(cells));
        return this;
    }

    /** Whether there is no row. */
    public boolean isEmpty() {
        return rows.isEmpty();
    }

    /** Prints header and rows. */
    public void print(PrintStream out) {
        print(out, "");
    }

    /** Prints header and rows with something in front of each. */
    public void print(PrintStream out, String indent) {
        int[] widths = new int[header.size()];
        measure(widths, header);
        rows.forEach(row -> measure(widths, row));
        line(out, indent, widths, header);
        rows.forEach(row -> line(out, indent, widths, row));
    }

    private static void measure(int[] widths, List<String> cells) {
        for (int column = 0; column < widths.length; column++) {
            widths[column] = Math.max(widths[column], width(cells.get(column)));
        }
    }

    private void line(PrintStream out, String indent, int[] widths, List<String> cells) {
        StringBuilder line = new StringBuilder(indent);
        for (int column = 0; column < widths.length; column++) {
            String cell = cells.get(column);
            String padding = " ".repeat(widths[column] - width(cell));
            boolean right = rightAligned.contains(header.get(column));
            line.append(right ? padding : "").append(cell).append(right ? "" : padding);
            line.append(GAP);
        }
        out.println(line.toString().stripTrailing());
    }

    private static int width(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}
