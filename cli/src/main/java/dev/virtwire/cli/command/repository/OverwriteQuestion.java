// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import dev.virtwire.backup.OverwrittenPlace;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.Console;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Asks the person at the terminal before something is overwritten that nothing brings back. */
final class OverwriteQuestion {
    /** A word that nobody types by mistake. */
    private static final String CONSENT = "yes";

    /** What a person is asked by. */
    @FunctionalInterface
    interface Terminal {
        /** Reads a line; null at the end of input. */
        @Nullable
        String readLine(String prompt);
    }

    private final Terminal terminal;

    /** Asked of {@code terminal}. */
    OverwriteQuestion(Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * Asked of who sits at this process's terminal.
     *
     * @throws CommandException if nobody does
     */
    @SuppressWarnings(
            "SystemConsoleNull") // Newer Javas give a console without a terminal as well; the launcher knows better.
    static OverwriteQuestion ofThisProcess(Console around) {
        java.io.Console console = System.console();
        if (console == null || !around.terminal()) {
            throw CommandException.usage(
                    "what is there is overwritten, and without a terminal nobody can be asked: give --yes to allow it",
                    null);
        }
        return new OverwriteQuestion(prompt -> console.readLine("%s", prompt));
    }

    /**
     * Asks twice: whoever answers the first question before reading it has a second one to notice that.
     *
     * @throws CommandException unless both answers are yes
     */
    void ask(List<OverwrittenPlace> places) {
        String lost = places.stream().map(OverwriteQuestion::sentence).collect(Collectors.joining("\n"));
        requireConsent(
                lost + "\nNothing brings it back, nor snapshots inside it. Type " + CONSENT + " to overwrite it: ");
        String all = places.stream().map(OverwrittenPlace::place).collect(Collectors.joining(", "));
        requireConsent("Type " + CONSENT + " once more if it is " + all + " that you mean: ");
    }

    private void requireConsent(String question) {
        String answer = terminal.readLine(question);
        if (answer == null || !answer.strip().equals(CONSENT)) {
            throw CommandException.failed("not confirmed: nothing was written", null);
        }
    }

    private static String sentence(OverwrittenPlace place) {
        String disk = "Disk " + place.disk() + " of " + Amounts.bytes(place.diskSize());
        return place.placeSize() < 0
                ? disk + " becomes " + place.place() + ", which is not there."
                : disk + " overwrites " + place.place() + " of " + Amounts.bytes(place.placeSize()) + ".";
    }
}
