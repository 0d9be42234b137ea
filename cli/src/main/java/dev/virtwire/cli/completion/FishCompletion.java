// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.completion;

import dev.virtwire.cli.completion.Offer.Choice;
import dev.virtwire.cli.completion.Offer.Value;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;

/** The script for fish: a line for each option of each command. */
public final class FishCompletion {
    private static final String HEAD = """
        # Completes command lines of virtwire in fish; made by: virtwire completion fish

        set -g __virtwire_valued @VALUED@

        # Prints the command on the line, if there is one, and what stands behind it, without options and their values.
        function __virtwire_words
            set -l value no
            for word in (commandline -opc)[2..-1]
                if test $value = yes
                    set value no
                else if contains -- $word $__virtwire_valued
                    set value yes
                else if not string match -q -- '-*' $word
                    echo $word
                end
            end
        end

        function __virtwire_no_command
            test (count (__virtwire_words)) -eq 0
        end

        # __virtwire_in COMMAND [FIRST [LAST]]: behind that command, and in a place from FIRST to LAST.
        function __virtwire_in
            set -l words (__virtwire_words)
            set -l place (count $words)
            test "$words[1]" = $argv[1]
            and begin
                test (count $argv) -eq 1
                or test $place -ge $argv[2] -a $place -le $argv[-1]
            end
        end

        # The host's domains. The command is asked; a host that is slow, or asks for a password, has none.
        function __virtwire_host_domains
            set -l tokens (commandline -opc)
            set -l uri
            for i in (seq 2 (math (count $tokens) - 1))
                contains -- $tokens[$i] -c --connect; and set uri -c $tokens[(math $i + 1)]
            end
            for token in $tokens
                string match -q -- '--connect=*' $token; and set uri -c (string replace -- '--connect=' '' $token)
            end
            timeout 3 $tokens[1] $uri domains --json 2>/dev/null </dev/null |
                LC_ALL=C sed -n 's/^ *"name" : "\\([A-Za-z0-9._+@-]*\\)",$/\\1/p'
        end

        # Of the repository named before: its domains, or the points of the domain that the word begins with.
        function __virtwire_stored
            set -l folder
            for word in (commandline -opc)
                set -l path (string replace -r '^~' $HOME -- $word)
                test -f $path/virtwire.json; and set folder $path
            end
            test -n "$folder"; or return 0
            set -l domain (string match -r -- '^(.*)@' (commandline -ct))[2]
            if test "$argv[1]" = points -a -n "$domain"
                for point in $folder/$domain/*T*Z-*/
                    echo $domain@(basename $point)
                end
            else
                for each in $folder/*/
                    basename $each
                end
            end | LC_ALL=C grep -x '[A-Za-z0-9._+@-]*'
        end

        complete -c virtwire -f

        """;

    private static final int MANY = 999;

    private FishCompletion() {}

    /** The script for the commands of a root. */
    public static String of(CommandSpec root) {
        List<Offer> commands = Offer.ofCommands(root);
        StringBuilder script =
                new StringBuilder(HEAD.replace("@VALUED@", String.join(" ", valued(Offer.of(root), commands))));
        for (Offer command : commands) {
            line(script, "__virtwire_no_command", "-a " + command.name(), command.description());
        }
        options(script, "__virtwire_no_command", Offer.of(root));
        for (Offer command : commands) {
            String in = "'__virtwire_in " + command.name() + "'";
            script.append('\n');
            options(script, in, command);
            for (int i = 0; i < command.places().size(); i++) {
                String words = words(command.places().get(i), commands);
                if (!words.isEmpty()) {
                    int last = command.endless() && i == command.places().size() - 1 ? MANY : i + 1;
                    line(script, "'__virtwire_in %s %d %d'".formatted(command.name(), i + 1, last), words, "");
                }
            }
        }
        return script.toString();
    }

    /** Options that take a value, in whichever command. */
    private static Set<String> valued(Offer root, List<Offer> commands) {
        Set<String> names = new TreeSet<>();
        for (Offer offer : Stream.concat(Stream.of(root), commands.stream()).toList()) {
            offer.options().stream().filter(Choice::takesValue).forEach(option -> names.addAll(option.names()));
        }
        return names;
    }

    private static void options(StringBuilder script, String condition, Offer offer) {
        for (Choice option : offer.options()) {
            StringBuilder names = new StringBuilder();
            for (String name : option.names()) {
                names.append(names.isEmpty() ? "" : " ");
                names.append(name.startsWith("--") ? "-l " + name.substring(2) : "-s " + name.substring(1));
            }
            if (option.takesValue()) {
                names.append(" -x");
                String words = words(option.value(), List.of());
                names.append(words.isEmpty() ? "" : " " + words);
            }
            line(script, condition, names.toString(), option.description());
        }
    }

    private static String words(Value value, List<Offer> commands) {
        return switch (value.kind()) {
            case NO_VALUE, ANYTHING -> "";
            case WORDS -> "-a '" + String.join(" ", value.words()) + "'";
            case HELP ->
                "-a '"
                        + String.join(" ", commands.stream().map(Offer::name).toList()) + " "
                        + String.join(" ", value.words()) + "'";
            case FOLDER -> "-a '(__fish_complete_directories)'";
            case FILE -> "-F";
            case HOST_DOMAIN -> "-a '(__virtwire_host_domains)'";
            case HOST_DOMAIN_OR_FOLDER -> "-a '(__virtwire_host_domains; __fish_complete_directories)'";
            case STORED_DOMAIN -> "-a '(__virtwire_stored)'";
            case STORED_POINT -> "-a '(__virtwire_stored points)'";
        };
    }

    private static void line(StringBuilder script, String condition, String what, String description) {
        script.append("complete -c virtwire -n ").append(condition).append(' ').append(what);
        if (!description.isEmpty()) {
            script.append(" -d '")
                    .append(description.replace("\\", "\\\\").replace("'", "\\'"))
                    .append('\'');
        }
        script.append('\n');
    }
}
