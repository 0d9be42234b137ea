// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.manual;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/** Examples of command lines, for help and the manual pages. */
public final class Examples {
    private Examples() {}

    /**
     * One.
     *
     * @param what what it does
     * @param line what a person types
     */
    public record Example(String what, String line) {}

    /** Those of all commands, by the command's name. */
    public static Map<String, List<Example>> all() {
        Map<String, List<Example>> all = new LinkedHashMap<>();
        String what = "";
        String command = "";
        for (String line : Topic.read("examples.txt").lines().toList()) {
            if (line.startsWith("  virtwire ")) {
                all.computeIfAbsent(command, name -> new ArrayList<>()).add(new Example(what, line.strip()));
            } else if (line.startsWith("  ")) {
                what = line.strip();
            } else if (!line.isBlank()) {
                command = line;
            }
        }
        return all;
    }

    /** Puts them under each command's help. */
    public static void addTo(CommandLine root) {
        all().forEach((name, examples) -> {
            CommandLine command = root.getSubcommands().get(name);
            if (command != null) {
                // Picocli formats these lines, and a percent sign is one of its own.
                command.getCommandSpec()
                        .usageMessage()
                        .footerHeading("%nExamples:%n")
                        .footer(examples.stream()
                                .map(example -> "  # " + example.what() + "%n  "
                                        + example.line().replace("%", "%%"))
                                .toArray(String[]::new));
            }
        });
    }
}
