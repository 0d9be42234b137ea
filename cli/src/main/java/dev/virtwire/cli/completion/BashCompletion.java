// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.completion;

import dev.virtwire.cli.completion.Offer.Choice;
import dev.virtwire.cli.completion.Offer.Kind;
import dev.virtwire.cli.completion.Offer.Value;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine.Model.CommandSpec;

/** The script for bash: a table of what each command takes, and a function that reads it. */
public final class BashCompletion {
    private static final String HEAD = """
        # Completes command lines of virtwire in bash; made by: virtwire completion bash

        """;

    private static final String FUNCTIONS = """
        # The host's domains. The command is asked; a host that is slow, or asks for a password, has none.
        _virtwire_host_domains() {
            mapfile -t -O ${#offers[@]} offers < <(
                timeout 3 "$program" "${uri[@]}" domains --json 2> /dev/null < /dev/null |
                    LC_ALL=C sed -n 's/^ *"name" : "\\([A-Za-z0-9._+@-]*\\)",$/\\1/p')
        }

        # Of the repository named before: its domains, or the points of the domain that the word begins with.
        # Whoever can write there chooses these names, and only harmless ones are taken.
        _virtwire_stored() {
            local each folder
            for each in "${before[@]}"; do
                each=${each/#\\~/$HOME}
                [ ! -f "$each/virtwire.json" ] || folder=$each
            done
            [ -n "$folder" ] || return 0
            case $1:$word in
                stored-point:*@*) set -- "$folder/${word%@*}"/*T*Z-*/ "${word%@*}@" ;;
                *) set -- "$folder"/*/ '' ;;
            esac
            for each in "${@:1:$#-1}"; do
                each=${each%/}
                each=${each##*/}
                [[ $each == *[!A-Za-z0-9._+@-]* ]] || offers+=("${!#}$each")
            done
        }

        _virtwire_paths() {
            local each
            compopt -o filenames 2> /dev/null
            while IFS= read -r each; do
                COMPREPLY+=("$lead${each#"$cut"}")
            done < <(compgen "$1" -- "$word")
        }

        _virtwire() {
            local program=${COMP_WORDS[0]} line=${COMP_LINE:0:COMP_POINT} words=() before=() uri=() offers=()
            local i piece word cut lead= command= option= place=0 kind= flags valued places endless
            # Bash cuts words at = : and @ too; here they are whole.
            for ((i = 0; i <= COMP_CWORD; i++)); do
                piece=${COMP_WORDS[i]}
                if ((i == 0)) || [[ $line == [[:blank:]]* ]]; then
                    words+=("$piece")
                else
                    words[-1]+=$piece
                fi
                line=${line#"${line%%[![:blank:]]*}"}
                line=${line#"$piece"}
            done
            word=${words[-1]}
            # What bash replaces is its second argument, and what stands before that stays.
            cut=${word%"$2"}

            _virtwire_takes ''
            for piece in "${words[@]:1:${#words[@]}-2}"; do
                if [ -n "$option" ]; then
                    case $option in -c | --connect) uri=(-c "$piece") ;; esac
                    option=
                elif [[ $piece == -* ]]; then
                    [[ " $valued " == *" $piece "* ]] && option=$piece
                    [[ $piece == --connect=* ]] && uri=(-c "${piece#*=}")
                elif [ -z "$command" ]; then
                    command=$piece
                    _virtwire_takes "$command"
                else
                    before+=("$piece")
                fi
            done
            if [ -z "$option" ] && [[ $word == --*=* && " $valued " == *" ${word%%=*} "* ]]; then
                option=${word%%=*}
                word=${word#*=}
                [ -n "$cut" ] || lead=$option=
                cut=${cut#"$option="}
            fi

            COMPREPLY=()
            if [ -n "$option" ]; then
                _virtwire_value "$command" "$option"
            elif [[ $word == -* ]]; then
                offers=($flags $valued)
            else
                place=$((${#before[@]} + 1))
                [ "$place" -le "$places" ] || { [ -n "$endless" ] && place=$places; }
                _virtwire_value "$command" "$place"
            fi
            case $kind in
                folder) _virtwire_paths -d ;;
                file) _virtwire_paths -f ;;
                host-domain) _virtwire_host_domains ;;
                host-domain-or-folder)
                    _virtwire_paths -d
                    _virtwire_host_domains
                    ;;
                stored-*) _virtwire_stored "$kind" ;;
            esac
            for piece in "${offers[@]}"; do
                [[ $piece != "$word"* ]] || COMPREPLY+=("$lead${piece#"$cut"}")
            done
        }

        complete -F _virtwire virtwire
        """;

    private static final String TABLES = """
        # What a command takes: options, those with a value, and how much stands behind it.
        _virtwire_takes() {
            case $1 in
        %s        *) flags= valued= places=0 endless= ;;
            esac
        }

        # What stands behind an option of a command, or in a place behind it.
        _virtwire_value() {
            case $1:$2 in
                :1) offers=(%s) ;;
        %s    esac
        }

        """;

    private static final String TAKES = """
                %s)
                    flags='%s'
                    valued='%s'
                    places=%d endless=%s
                    ;;
        """;

    private BashCompletion() {}

    /** The script for the commands of a root. */
    public static String of(CommandSpec root) {
        Offer rootOffer = Offer.of(root);
        List<Offer> commands = Offer.ofCommands(root);
        String names = String.join(" ", commands.stream().map(Offer::name).toList());
        StringBuilder takes = new StringBuilder(takes("''", rootOffer, 1));
        commands.forEach(command ->
                takes.append(takes(command.name(), command, command.places().size())));
        StringBuilder values = new StringBuilder();
        values(values, "", rootOffer, names);
        commands.forEach(command -> values(values, command.name(), command, names));
        return HEAD + TABLES.formatted(takes, names, values) + FUNCTIONS;
    }

    private static String takes(String name, Offer offer, int places) {
        Set<String> flags = new TreeSet<>();
        Set<String> valued = new TreeSet<>();
        for (Choice option : offer.options()) {
            (option.takesValue() ? valued : flags).addAll(option.names());
        }
        return TAKES.formatted(
                name, String.join(" ", flags), String.join(" ", valued), places, offer.endless() ? "yes" : "");
    }

    private static void values(StringBuilder script, String name, Offer offer, String commands) {
        for (Choice option : offer.options()) {
            for (String each : option.names()) {
                value(script, name + ":" + each, option.value(), commands);
            }
        }
        for (int i = 0; i < offer.places().size(); i++) {
            value(script, name + ":" + (i + 1), offer.places().get(i), commands);
        }
    }

    private static void value(StringBuilder script, String key, Value value, String commands) {
        if (value.kind() == Kind.NO_VALUE || value.kind() == Kind.ANYTHING) {
            return;
        }
        String words = String.join(" ", value.words());
        String what =
                switch (value.kind()) {
                    case WORDS -> "offers=(" + words + ")";
                    case HELP -> "offers=(" + commands + " " + words + ")";
                    default -> "kind=" + value.kind().word();
                };
        script.append("        %s) %s ;;%n".formatted(key, what));
    }
}
