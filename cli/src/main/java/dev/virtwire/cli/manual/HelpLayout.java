// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.manual;

import dev.virtwire.cli.output.Console;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.Column.Overflow;
import picocli.CommandLine.Help.TextTable;
import picocli.CommandLine.Model.UsageMessageSpec;

/** How help looks. Only a command line that asks for help is given it: picocli takes its time for colours. */
public final class HelpLayout {
    private static final int COLUMNS = 80;
    /** picocli takes no less. */
    private static final int LEAST_COLUMNS = 55;
    /** Lines that are longer are hard to read. */
    private static final int MOST_COLUMNS = 100;

    private static final int INDENT = 2;

    private HelpLayout() {}

    /** Lays out the help of a command and its subcommands for the terminal of {@code console}. */
    public static void addTo(CommandLine commandLine, Console console) {
        int terminal = console.outColumns();
        commandLine.setColorScheme(Help.defaultColorScheme(console.colours() ? Ansi.ON : Ansi.OFF));
        commandLine.setUsageHelpWidth(
                terminal == 0 ? COLUMNS : Math.max(LEAST_COLUMNS, Math.min(terminal, MOST_COLUMNS)));
        commandLine.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, HelpLayout::list);
    }

    /** Of each command its first sentence: the rest is for who asks for that command. */
    private static String list(Help help) {
        int names = help.subcommands().keySet().stream()
                        .mapToInt(String::length)
                        .max()
                        .orElse(0)
                + INDENT
                + 1;
        int width = help.commandSpec().usageMessage().width();
        TextTable table = TextTable.forColumns(
                help.colorScheme(),
                new Column(names, INDENT, Overflow.SPAN),
                new Column(width - names, 1, Overflow.WRAP));
        help.subcommands().forEach((name, command) -> {
            String[] description = command.commandSpec().usageMessage().description();
            table.addRowValues(
                    help.colorScheme().commandText(name), help.colorScheme().text(Summary.of(description) + "."));
        });
        return table.toString();
    }
}
