// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.completion;

import dev.virtwire.cli.completion.Offer.Choice;
import dev.virtwire.cli.completion.Offer.Kind;
import dev.virtwire.cli.completion.Offer.Value;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** The script for zsh: what each command takes, as zsh's own {@code _arguments} wants to be told. */
public final class ZshCompletion {
    private static final String HEAD = """
        #compdef virtwire
        # Completes command lines of virtwire in zsh; made by: virtwire completion zsh

        """;

    private static final String FUNCTIONS = """
        # The host's domains. The command is asked; a host that is slow, or asks for a password, has none.
        _virtwire_host_domain() {
          local -a domains
          domains=(${(f)"$(timeout 3 $virtwire_program $virtwire_uri domains --json 2> /dev/null < /dev/null |
            LC_ALL=C sed -n 's/^ *"name" : "\\([A-Za-z0-9._+@-]*\\)",$/\\1/p')"})
          compadd -a domains
        }

        _virtwire_host_domain_or_folder() {
          _virtwire_host_domain
          _files -/
        }

        # Of the repository named before: its domains, or the points of the domain that the word begins with.
        _virtwire_stored_domain() {
          local each folder
          local -a names
          for each in ${(Q)words[1,CURRENT-1]}; do
            each=${each/#\\~/$HOME}
            [[ -f $each/virtwire.json ]] && folder=$each
          done
          [[ -n $folder ]] || return 1
          if [[ $1 == points && $PREFIX == *@* ]]; then
            names=($folder/${PREFIX%@*}/*T*Z-*(N/:t))
            names=(${PREFIX%@*}@${^names})
          else
            names=($folder/*(N/:t))
          fi
          names=(${(M)names:#[A-Za-z0-9._+@-]##})
          compadd -a names
        }

        _virtwire_stored_point() {
          _virtwire_stored_domain points
        }

        _virtwire() {
          setopt localoptions extendedglob
          local curcontext=$curcontext context state= line virtwire_program=$words[1] i
          local -a virtwire_uri
          typeset -A opt_args
          for ((i = 2; i < CURRENT; i++)); do
            case $words[i] in
              -c | --connect) virtwire_uri=(-c ${(Q)words[i + 1]}) ;;
              --connect=*) virtwire_uri=(-c ${(Q)words[i]#*=}) ;;
            esac
          done
          # In this function, because zsh takes back at a function's end what _arguments does to the words.
          _arguments -C -s @ARGUMENTS@
          if [[ $state == command ]] && (( $+functions[_virtwire_of_$words[1]] )); then
            curcontext=${curcontext%:*}-$words[1]:
            _virtwire_of_$words[1]
          fi
        }

        if [[ $funcstack[1] == _virtwire ]]; then
          _virtwire "$@"
        else
          compdef _virtwire virtwire
        fi
        """;

    private static final String NAMES = """
        _virtwire_command() {
          local -a commands
          commands=(
        %s  )
          _describe -t commands command commands
        }

        """;

    private static final String COMMAND = """
        _virtwire_of_%s() {
          _arguments -s %s
        }

        """;

    /** Between two arguments. */
    private static final String CONTINUED = " \\" + System.lineSeparator() + "    ";

    private ZshCompletion() {}

    /** The script for the commands of a root. */
    public static String of(CommandSpec root) {
        List<Offer> commands = Offer.ofCommands(root);
        StringBuilder script = new StringBuilder(HEAD);
        script.append(NAMES.formatted(String.join(
                "",
                commands.stream()
                        .map(command -> "    " + quoted(command.name() + ":" + command.description()) + "\n")
                        .toList())));
        for (Offer command : commands) {
            List<String> arguments = options(command, commands);
            for (int i = 0; i < command.places().size(); i++) {
                boolean endless = command.endless() && i == command.places().size() - 1;
                arguments.add(
                        quoted((endless ? "*:" : ":") + message(command.places().get(i), commands)));
            }
            script.append(COMMAND.formatted(command.name(), joined(arguments)));
        }
        // How options before the command, the command, and the rest are told apart.
        List<String> arguments = options(Offer.of(root), commands);
        arguments.add("': :_virtwire_command'");
        arguments.add("'*:: :->command'");
        return script.append(FUNCTIONS.replace("@ARGUMENTS@", joined(arguments)))
                .toString();
    }

    private static String joined(List<String> arguments) {
        return String.join(CONTINUED, arguments);
    }

    private static List<String> options(Offer offer, List<Offer> commands) {
        List<String> specs = new ArrayList<>();
        offer.options().forEach(option -> option.names().forEach(name -> specs.add(option(name, option, commands))));
        return specs;
    }

    private static String option(String name, Choice option, List<Offer> commands) {
        StringBuilder spec = new StringBuilder();
        if (option.repeats()) {
            spec.append('*');
        } else if (option.names().size() > 1) {
            spec.append('(').append(String.join(" ", option.names())).append(')');
        }
        spec.append(name);
        if (option.takesValue() && name.startsWith("--")) {
            spec.append('=');
        }
        spec.append('[')
                .append(option.description().replaceAll("([\\[\\]\\\\])", "\\\\$1"))
                .append(']');
        if (option.takesValue()) {
            spec.append(':').append(message(option.value(), commands));
        }
        return quoted(spec.toString());
    }

    /** A value's name, and what it can be. */
    private static String message(Value value, List<Offer> commands) {
        List<String> words = new ArrayList<>();
        if (value.kind() == Kind.HELP) {
            commands.forEach(command -> words.add(command.name()));
        }
        words.addAll(value.words());
        String action =
                switch (value.kind()) {
                    case WORDS, HELP -> "(" + String.join(" ", words) + ")";
                    case FOLDER -> "_files -/";
                    case FILE -> "_files";
                    case ANYTHING, NO_VALUE -> " ";
                    default -> "_virtwire_" + value.kind().word().replace('-', '_');
                };
        return value.label().replace(":", "\\:") + ":" + action;
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
