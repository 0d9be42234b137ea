// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.completion;

import dev.virtwire.cli.manual.Summary;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * What can follow a command's name.
 *
 * @param name the command's name
 * @param description what it does, in a sentence
 * @param options its options
 * @param places what stands behind it, in order
 * @param endless whether what stands in the last place can be repeated
 */
record Offer(String name, String description, List<Choice> options, List<Value> places, boolean endless) {
    /**
     * An option.
     *
     * @param names its names, as in {@code -c} and {@code --connect}
     * @param description what it does, in a sentence
     * @param repeats whether it may be given several times
     * @param value what it takes
     */
    record Choice(List<String> names, String description, boolean repeats, Value value) {
        boolean takesValue() {
            return value.kind != Kind.NO_VALUE;
        }
    }

    /**
     * What an option takes, or what stands in a place.
     *
     * @param label how help calls it
     * @param words the words that it can be, if there are no others
     */
    record Value(String label, Kind kind, List<String> words) {}

    /** Where what can be offered comes from. */
    enum Kind {
        /** There is no value. */
        NO_VALUE,
        /** Nothing is known. */
        ANYTHING,
        /** {@link Value#words}. */
        WORDS,
        /** A command, or a topic of help: these are the words. */
        HELP,
        FOLDER,
        FILE,
        /** A domain of the host. */
        HOST_DOMAIN,
        /** A domain of the host, or a folder. */
        HOST_DOMAIN_OR_FOLDER,
        /** A domain of the repository that was named before. */
        STORED_DOMAIN,
        /** The same, or a point of it. */
        STORED_POINT;

        /** What it is called in scripts. */
        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** What can follow any command. */
    static List<Offer> ofCommands(CommandSpec root) {
        return root.subcommands().values().stream()
                .map(command -> of(command.getCommandSpec()))
                .toList();
    }

    /** What can follow one. */
    static Offer of(CommandSpec command) {
        List<Choice> options = command.options().stream().map(Offer::choice).toList();
        List<Value> places = new ArrayList<>();
        boolean endless = false;
        boolean inRepository = false;
        for (PositionalParamSpec place : command.positionalParameters()) {
            places.add(value(place, inRepository));
            // One that need not be named may not be there yet, and has no domains to offer.
            inRepository |= place.paramLabel().equals("DIR") && place.arity().min() > 0;
            endless = place.index().max() > place.index().min();
        }
        return new Offer(command.name(), Summary.of(command.usageMessage().description()), options, places, endless);
    }

    private static Choice choice(OptionSpec option) {
        Value value = option.arity().max() == 0 ? new Value("", Kind.NO_VALUE, List.of()) : value(option, false);
        return new Choice(List.of(option.names()), Summary.of(option.description()), option.isMultiValue(), value);
    }

    private static Value value(ArgSpec argument, boolean inRepository) {
        String label = argument.paramLabel();
        if (argument.completionCandidates() != null) {
            List<String> words = StreamSupport.stream(
                            argument.completionCandidates().spliterator(), false)
                    .toList();
            return new Value(label, label.equals("COMMAND") ? Kind.HELP : Kind.WORDS, words);
        }
        Kind kind =
                switch (label) {
                    case "DIR", "OUT", "HOSTDIR" -> Kind.FOLDER;
                    case "FILE" -> Kind.FILE;
                    case "DOMAIN", "NAME" -> inRepository ? Kind.STORED_DOMAIN : Kind.HOST_DOMAIN;
                    case "DOMAIN... DIR" -> Kind.HOST_DOMAIN_OR_FOLDER;
                    case "DOMAIN[@POINT]", "DOMAIN@POINT" -> Kind.STORED_POINT;
                    default -> Kind.ANYTHING;
                };
        return new Value(label, kind, List.of());
    }
}
