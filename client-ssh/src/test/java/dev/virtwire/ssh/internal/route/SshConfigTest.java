// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.internal.config.Surroundings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SshConfigTest {
    @TempDir
    private Path home;

    private Path folder;

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createDirectory(home.resolve(".ssh"));
    }

    @Test
    void theFirstValueThatAppliesCountsAndOfKeysAllDo() throws IOException {
        configure("""
                User first
                IdentityFile ~/.ssh/a
                Host *.example !not.example
                    user second
                    Port=2222
                    IdentityFile "%d/b c"
                Host not.example
                    Port 7 # a comment
                Match user somebody
                    Port 8
                Match originalhost web.example
                    ProxyJump none
                Match all
                    Port 9
                    StrictHostKeyChecking accept-new
                """);
        SshHost web = only("web.example");
        assertThat(web.user()).isEqualTo("first");
        assertThat(web.port()).isEqualTo(2222);
        assertThat(web.keys()).containsExactly(folder.resolve("a"), home.resolve("b c"));
        assertThat(web.hostKeys()).isEqualTo(HostKeyRule.FIRST);
        assertThat(only("not.example").port()).isEqualTo(7);
        assertThat(only("other").port()).isEqualTo(9);
    }

    @Test
    void jumpsAreResolvedOneByOne() throws IOException {
        configure("""
                Host target
                    ProxyJump me@[::1]:23,second
                Host second
                    HostName %h.example
                    ProxyJump nobody
                Host ::1
                    ProxyJump ssh://outer:24
                """);
        assertThat(route("target"))
                .extracting(SshHost::address, SshHost::port)
                .containsExactly(
                        tuple("outer", 24), tuple("::1", 23), tuple("second.example", 22), tuple("target", 22));
        assertThat(route("target").get(1).user()).isEqualTo("me");
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "User                  | ssh configuration CONFIG, line 1: 'User' has no value",
                "User \"a              | ssh configuration CONFIG, line 1: a quote is not closed",
                "Port 0                | ssh configuration: '0' is no port number from 1 to 65535",
                "ProxyJump @:22        | ssh configuration: ProxyJump '@:22' names no host",
                "ProxyJump h           | ssh configuration: the ProxyJumps to host h are more than 8, or go round",
                "ProxyCommand nc %h %p | ssh configuration: host h has a ProxyCommand, and this client runs none: use ProxyJump",
                "IdentityFile %z       | ssh configuration: '%z' in '%z' is not understood",
                "Include config        | ssh configuration CONFIG, line 1: files include each other more than 16 deep",
            },
            delimiter = '|',
            quoteCharacter = '`')
    void whatCannotBeFollowedIsRefused(String text, String why) throws IOException {
        configure(text);
        assertThatThrownBy(() -> route("h"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(why.replace("CONFIG", folder.resolve("config").toString()));
    }

    private void configure(String text) throws IOException {
        Files.writeString(folder.resolve("config"), text);
    }

    private SshHost only(String host) {
        List<SshHost> route = route(host);
        assertThat(route).hasSize(1);
        return route.get(0);
    }

    private List<SshHost> route(String host) {
        return SshRoute.to(
                new SshRoute.Wishes(
                        host,
                        -1,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        LoginMethod.ALL),
                Surroundings.with(Map.of("HOME", home.toString())));
    }
}
