// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import dev.virtwire.client.CredentialCallback;
import dev.virtwire.client.CredentialRequest;
import java.io.Console;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Asks the person at the terminal for what no file says. Without a terminal it has no answer. */
final class TerminalCredentials implements CredentialCallback {
    /** What a person is asked by. */
    interface Terminal {
        /** Reads a line that is not seen while it is typed; null at the end of input. */
        char @Nullable [] readSecret(String prompt);

        /** Reads a line; null at the end of input. */
        @Nullable
        String readLine(String prompt);
    }

    private final @Nullable Terminal terminal;

    TerminalCredentials(@Nullable Terminal terminal) {
        this.terminal = terminal;
    }

    /** For the terminal of this process. */
    @SuppressWarnings(
            "SystemConsoleNull") // Newer Javas give a console without a terminal as well; it reads what is piped in.
    static TerminalCredentials ofThisProcess() {
        Console console = System.console();
        return new TerminalCredentials(console == null ? null : new ConsoleTerminal(console));
    }

    private record ConsoleTerminal(Console console) implements Terminal {
        @Override
        public char @Nullable [] readSecret(String prompt) {
            return console.readPassword("%s", prompt);
        }

        @Override
        public @Nullable String readLine(String prompt) {
            return console.readLine("%s", prompt);
        }
    }

    @Override
    public CompletionStage<Optional<char[]>> ask(CredentialRequest request) {
        return CompletableFuture.completedFuture(answer(request));
    }

    private Optional<char[]> answer(CredentialRequest request) {
        Terminal asked = terminal;
        if (asked == null) {
            return Optional.empty();
        }
        String prompt = request.prompt() + ": ";
        if (request.kind().isSecret()) {
            return Optional.ofNullable(asked.readSecret(prompt));
        }
        return Optional.ofNullable(asked.readLine(prompt))
                .filter(line -> !line.isEmpty())
                .map(String::toCharArray);
    }
}
