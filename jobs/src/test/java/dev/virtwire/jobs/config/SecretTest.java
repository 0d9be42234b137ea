// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Secrets that commands print. */
class SecretTest {
    private static String read(String script) {
        return new Secret.OfCommand(List.of("/bin/sh", "-c", script)).read(Map.of());
    }

    @Test
    void whatACommandComplainsOfIsNoPartOfTheSecret() {
        assertThat(read("echo warning: old key >&2; echo s3cret; echo bye >&2")).isEqualTo("s3cret");
    }

    @Test
    void theComplaintOfACommandThatFailsIsSaidAndWhatItPrintedIsNot() {
        assertThatThrownBy(() -> read("echo s3cret; echo first >&2; echo the store is locked >&2; exit 2"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("the command for a secret, /bin/sh, ended with exit code 2: the store is locked");
        assertThatThrownBy(() -> read("echo nothing there >&2"))
                .hasMessage("the command for a secret, /bin/sh, printed nothing: nothing there");
    }

    @Test
    void whatIsTooLongForASecretIsRefused() {
        assertThatThrownBy(() -> read("seq 1 100000"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("the command for a secret, /bin/sh, printed more than a secret has");
    }
}
