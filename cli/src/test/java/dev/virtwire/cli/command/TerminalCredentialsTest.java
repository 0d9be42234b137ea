// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.CredentialRequest;
import dev.virtwire.client.CredentialRequest.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TerminalCredentialsTest {
    private final List<String> shown = new ArrayList<>();
    private String typed = "fred";

    private final TerminalCredentials credentials = new TerminalCredentials(new TerminalCredentials.Terminal() {
        @Override
        public char[] readSecret(String prompt) {
            shown.add(prompt);
            return typed == null ? null : typed.toCharArray();
        }

        @Override
        public String readLine(String prompt) {
            shown.add(prompt + typed);
            return typed;
        }
    });

    @ParameterizedTest
    @EnumSource
    void asksAndShowsNoSecretWhileItIsTyped(Kind kind) {
        assertThat(answer(credentials, kind)).contains("fred");
        assertThat(shown).containsExactly(kind.isSecret() ? "Who is there: " : "Who is there: fred");
    }

    @ParameterizedTest
    @EnumSource
    void theEndOfInputIsNoAnswer(Kind kind) {
        typed = null;
        assertThat(answer(credentials, kind)).isEmpty();
    }

    @Test
    void anEmptyNameIsNoAnswerAndAnEmptyPasswordIsOne() {
        typed = "";
        assertThat(answer(credentials, Kind.AUTHENTICATION_NAME)).isEmpty();
        assertThat(answer(credentials, Kind.PASSWORD)).contains("");
    }

    @ParameterizedTest
    @EnumSource
    void withoutATerminalNobodyAnswers(Kind kind) {
        assertThat(answer(new TerminalCredentials(null), kind)).isEmpty();
    }

    private static Optional<String> answer(TerminalCredentials credentials, Kind kind) {
        return credentials
                .ask(new CredentialRequest(kind, "host", "Who is there"))
                .toCompletableFuture()
                .join()
                .map(String::new);
    }
}
