// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.ConfigurationException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SurroundingsTest {
    private final Surroundings surroundings = Surroundings.with(Map.of("HOME", "/home/fred"));

    @ParameterizedTest
    @CsvSource({
        "~, /home/fred",
        "~/, /home/fred",
        "~/.ssh/k, /home/fred/.ssh/k",
        "~root, /root",
        "~root/.ssh/k, /root/.ssh/k",
        "/a/~/k, /a/~/k",
        "a/k, a/k",
        "./~/k, ./~/k",
    })
    void aTildeAtTheBeginningIsAHome(String path, String expanded) {
        assertThat(surroundings.expandHome(path)).hasToString(expanded);
    }

    @Test
    void aUserWithoutAHomeIsNamed() {
        assertThatThrownBy(() -> surroundings.expandHome("~nobody.of.that.name/k"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "path ~nobody.of.that.name/k: /etc/passwd has no user 'nobody.of.that.name': write the path in full");
    }
}
