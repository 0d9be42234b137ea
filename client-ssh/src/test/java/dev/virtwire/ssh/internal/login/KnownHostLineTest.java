// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.login;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KnownHostLineTest {
    @ParameterizedTest
    @CsvSource(
            value = {
                "web.example            | web.example | 22   | true",
                "Web.Example            | wEB.example | 22   | true",
                "web.example            | web.example | 2222 | false",
                "[web.example]:2222     | web.example | 2222 | true",
                "[web.example]:2222     | web.example | 22   | false",
                "a,*.example,b          | web.example | 22   | true",
                "*.example,!web.example | web.example | 22   | false",
                "!web.example,*.example | db.example  | 22   | true",
                "*                      | web.example | 2222 | true",
                "we?.example            | web.example | 22   | true",
                "we?.example            | we.example  | 22   | false",
                "*a*b*c                 | aXbXbc      | 22   | true",
                "*a*b*c                 | aXbXb       | 22   | false",
                "::1                    | ::1         | 22   | true",
                "|1|bad                 | web.example | 22   | false",
            },
            delimiterString = " | ")
    void aHostIsWhoseNameAndPortMatch(String names, String host, int port, boolean matches) {
        assertThat(KnownHostLine.parse(names.strip() + " ssh-ed25519 AAAA"))
                .isNotNull()
                .extracting(line -> line.matches(host.strip(), port))
                .isEqualTo(matches);
    }

    @ParameterizedTest
    @CsvSource({"''", "'   '", "# comment", "host ssh-rsa", "@revoked host ssh-rsa", "host ssh-rsa not/base64!"})
    void whatSaysNothingIsPassedOver(String line) {
        assertThat(KnownHostLine.parse(line)).isNull();
    }
}
