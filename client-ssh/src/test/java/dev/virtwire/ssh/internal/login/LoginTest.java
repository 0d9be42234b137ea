// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.CredentialRequest;
import dev.virtwire.client.internal.auth.AuthFile;
import dev.virtwire.client.internal.auth.CredentialSource;
import dev.virtwire.ssh.internal.route.HostKeyRule;
import dev.virtwire.ssh.internal.route.LoginMethod;
import dev.virtwire.ssh.internal.route.SshHost;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which of a host's questions auth.conf answers, and which the user. */
class LoginTest {
    private final List<CredentialRequest> asked = new ArrayList<>();

    private final Login login = new Login(
            "qemu+ssh://fred@prod/system",
            new SshHost(
                    "prod",
                    "10.0.0.1",
                    22,
                    "fred",
                    List.of(),
                    false,
                    false,
                    List.of(),
                    List.of(),
                    List.of(),
                    HostKeyRule.ANY,
                    LoginMethod.ALL,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty()),
            new CredentialSource("prod", request -> {
                asked.add(request);
                return CompletableFuture.completedFuture(Optional.of("4711".toCharArray()));
            }),
            new AuthFile.Found(Map.of("password", "known"), ""));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Password:",
                "Password: ",
                "password",
                "(fred@newton) Password: ",
                "Password for fred@newton:",
                "fred@newton's password: "
            })
    void aPasswordThatIsKnownIsGiven(String question) {
        assertThat(answer(question)).isEqualTo("known");
        assertThat(asked).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "One-time password (OATH) for `fred': ",
                "New password: ",
                "Retype new password:",
                "Current password of the token:",
                "Verification code: "
            })
    void whateverElseIsAskedOfTheUser(String question) {
        assertThat(answer(question)).isEqualTo("4711");
        assertThat(asked).singleElement().extracting(CredentialRequest::host).isEqualTo("prod");
    }

    @Test
    void theKnownOneIsGivenOnce() {
        assertThat(answer("Password: ")).isEqualTo("known");
        assertThat(answer("Password: ")).isEqualTo("4711");
    }

    @Test
    void aRefusedLoginIsFinal() {
        assertThat(login.refused().isFinal()).isTrue();
    }

    private String answer(String question) {
        return login.interactive(null, "", "", "", new String[] {question}, new boolean[] {false})[0];
    }
}
