// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import dev.virtwire.cli.manual.Examples;
import dev.virtwire.cli.manual.Examples.Example;
import dev.virtwire.cli.manual.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * A page of the manual, made from picocli's model of a command: what {@code man} shows is what {@code --help} says. It
 * is roff with the macros of {@code man(7)}.
 */
final class ManPage {
    /** Topics that are sections of the main page, with the names that sections of manual pages have. */
    private static final Map<String, String> SECTIONS = Map.of(
            "exit-codes", "EXIT STATUS",
            "uri", "URIS",
            "repository", "REPOSITORIES");

    private final StringBuilder roff = new StringBuilder();

    private ManPage(String name, String version, String date) {
        roff.append(".\\\" Made by the build from the command's own help.\n");
        request(".TH", name.toUpperCase(Locale.ROOT), "1", date, "Virtwire " + version, "Virtwire Manual");
        // Words are neither moved apart nor broken.
        request(".ad", "l");
        request(".nh");
    }

    /** The page virtwire(1). */
    static String main(CommandSpec root, String version, String date) {
        ManPage page = new ManPage("virtwire", version, date);
        page.name("virtwire", root);
        page.section("SYNOPSIS");
        page.line(bold("virtwire") + " [" + italic("OPTION") + "]... " + italic("COMMAND") + " [" + italic("ARGUMENT")
                + "]...");
        page.section("DESCRIPTION");
        page.paragraphs("""
            Virtwire speaks libvirt's protocol itself. It lists and watches the guests of hosts, backs them up while they run \
            into a repository of plain qcow2 images, verifies every byte of it, and restores them.

            Each command has a page of its own, such as virtwire-backup(1).\
            """);
        page.section("COMMANDS");
        root.subcommands()
                .forEach((name, command) ->
                        page.item(bold("virtwire-" + name) + "(1)", firstSentence(command.getCommandSpec()) + "."));
        page.section("OPTIONS");
        page.options(root.options());
        page.section("EXAMPLES");
        Examples.all().forEach((name, examples) -> page.example(examples.get(0)));
        for (String name : Topic.NAMES) {
            Topic topic = Topic.of(name).orElseThrow();
            page.section(SECTIONS.getOrDefault(name, topic.title().toUpperCase(Locale.ROOT)));
            page.paragraphs(topic.body());
        }
        page.section("SEE ALSO");
        page.line(Stream.concat(
                        root.subcommands().keySet().stream().map(name -> "virtwire-" + name + "(1)"),
                        Stream.of("virsh(1)", "qemu-img(1)"))
                .map(ManPage::reference)
                .collect(Collectors.joining(", ")));
        return page.roff.toString();
    }

    /** The page of a command. */
    static String of(CommandSpec command, String version, String date) {
        String name = "virtwire-" + command.name();
        Set<String> common = command.root().optionsMap().keySet();
        List<OptionSpec> own = new ArrayList<>();
        List<OptionSpec> ofAll = new ArrayList<>();
        command.options().forEach(option -> (common.contains(option.longestName()) ? ofAll : own).add(option));

        ManPage page = new ManPage(name, version, date);
        page.name(name, command);
        page.section("SYNOPSIS");
        page.line(Stream.concat(
                        Stream.of(bold("virtwire " + command.name()), "[" + italic("OPTION") + "]..."),
                        command.positionalParameters().stream().map(ManPage::place))
                .collect(Collectors.joining(" ")));
        page.section("DESCRIPTION");
        page.paragraphs(String.join("\n\n", command.usageMessage().description()));
        if (!command.positionalParameters().isEmpty()) {
            page.section("ARGUMENTS");
            for (PositionalParamSpec place : command.positionalParameters()) {
                page.item(italic(place.paramLabel()), place.description());
            }
        }
        page.section("OPTIONS");
        page.options(own);
        if (!own.isEmpty()) {
            page.request(".SS", "Options of all commands");
        }
        page.options(ofAll);
        List<Example> examples = Examples.all().getOrDefault(command.name(), List.of());
        if (!examples.isEmpty()) {
            page.section("EXAMPLES");
            examples.forEach(page::example);
        }
        page.section("EXIT STATUS");
        page.line("0 if it is done, 1 if it failed, 2 if the command line makes no sense. " + reference("virtwire(1)")
                + escaped(" has all exit codes, and the environment and files that count."));
        page.section("SEE ALSO");
        page.line(reference("virtwire(1)"));
        return page.roff.toString();
    }

    private void name(String name, CommandSpec command) {
        section("NAME");
        // With the small letter that such a line begins with.
        String what = firstSentence(command);
        line(escaped(name) + " \\- " + escaped(what.substring(0, 1).toLowerCase(Locale.ROOT) + what.substring(1)));
    }

    /** What it does, without the stop. */
    private static String firstSentence(CommandSpec command) {
        return command.usageMessage().description()[0].replaceFirst("\\.( .*)?$", "");
    }

    private void options(List<OptionSpec> options) {
        for (OptionSpec option : options) {
            String value = option.arity().max() == 0 ? "" : " " + italic(option.paramLabel());
            String names = Stream.of(option.names()).map(ManPage::bold).collect(Collectors.joining(", "));
            item(names + value, option.description());
        }
    }

    private static String place(PositionalParamSpec place) {
        String label = italic(place.paramLabel());
        String one = place.arity().min() == 0 ? "[" + label + "]" : label;
        boolean many =
                place.index().max() > place.index().min() || place.arity().max() > 1;
        return many && !place.hideParamSyntax() ? one + "..." : one;
    }

    private void example(Example example) {
        paragraphs(example.what() + ":");
        literal(List.of(example.line()));
    }

    private void item(String tag, String... description) {
        request(".TP");
        roff.append(tag).append('\n');
        for (int i = 0; i < description.length; i++) {
            if (i > 0) {
                request(".IP");
            }
            line(escaped(description[i]));
        }
    }

    /** Paragraphs with an empty line between them; lines that begin with spaces stay as they are. */
    private void paragraphs(String text) {
        for (String block : text.split("\n\n")) {
            if (block.startsWith(" ")) {
                literal(block.stripIndent().lines().toList());
            } else {
                request(".PP");
                line(escaped(block.replace('\n', ' ')));
            }
        }
    }

    private void literal(List<String> lines) {
        request(".PP");
        request(".RS", "4");
        request(".EX");
        lines.forEach(line -> line(escaped(line)));
        request(".EE");
        request(".RE");
    }

    private void section(String title) {
        request(".SH", title);
    }

    private void request(String name, String... arguments) {
        roff.append(name);
        for (String argument : arguments) {
            String text = escaped(argument).replace("\"", "\\(dq");
            roff.append(' ').append(text.contains(" ") ? '"' + text + '"' : text);
        }
        roff.append('\n');
    }

    /** A line of text, whatever it begins with. */
    private void line(String text) {
        roff.append(text.startsWith(".") || text.startsWith("'") ? "\\&" : "")
                .append(text)
                .append('\n');
    }

    private static String bold(String text) {
        return "\\fB" + escaped(text) + "\\fR";
    }

    private static String italic(String text) {
        return "\\fI" + escaped(text) + "\\fR";
    }

    private static String reference(String page) {
        return "\\%" + bold(page.substring(0, page.indexOf('('))) + page.substring(page.indexOf('('));
    }

    /** Hyphens are those of options, apostrophes and the like those that can be copied. */
    private static String escaped(String text) {
        return text.replace("%%", "%")
                .replace("\\", "\\(rs")
                .replace("-", "\\-")
                .replace("'", "\\(aq")
                .replace("^", "\\(ha")
                .replace("~", "\\(ti")
                .replace("`", "\\(ga");
    }
}
