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
import java.util.ArrayList;
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

    private final List<String> notices = new ArrayList<>();

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

    /** Several hosts behind one address are told apart by it. */
    @Test
    void aHostKeyAliasIsTheNameThatKnownHostsHaveItBy() throws IOException {
        configure("""
                Host h
                    HostName 127.0.0.1
                    Port 23122
                    HostKeyAlias lab-kvm
                """);
        assertThat(only("h").knownAs()).isEqualTo("lab-kvm");
        assertThat(only("127.0.0.1").knownAs()).isEqualTo("127.0.0.1");
    }

    @Test
    void ofAnAliasSshKnowsTheLettersButNotTheirCase() throws IOException {
        configure("""
                Host h
                    HostKeyAlias Lab-KVM
                Host n
                    HostKeyAlias none
                Host *
                    UserKnownHostsFile ~/.ssh/known.%k
                """);
        assertThat(only("h").knownAs()).isEqualTo("lab-kvm");
        assertThat(only("h").knownHosts()).first().isEqualTo(folder.resolve("known.lab-kvm"));
        assertThat(only("n").knownAs()).isEqualTo("none");
        assertThat(only("other").knownHosts()).first().isEqualTo(folder.resolve("known.other"));
    }

    @Test
    void aFinalMatchThatDoesNotApplyWantsTheSecondReadingToo() throws IOException {
        configure("""
                Match host other final
                    Port 7
                Host 127.0.0.1
                    User found
                Host h
                    HostName 127.0.0.1
                """);
        assertThat(only("h").user()).isEqualTo("found");
        assertThat(only("h").port()).isEqualTo(22);
    }

    /** Newer than the OpenSSH that the table is read beside. */
    @ParameterizedTest
    @CsvSource(
            value = {
                "Match tagged x                              | false",
                "Tag x; Match tagged x                       | true",
                "Tag x; Tag y; Match tagged x,z              | true",
                "Match !tagged x                             | true",
                "Match sessiontype exec                      | true",
                "Match sessiontype shell,subsystem           | false",
                "Match localnetwork 127.0.0.0/8              | true",
                "Match localnetwork 203.0.113.0/24           | false",
                "Match localnetwork 203.0.113.0/24,127.0.0.1 | true",
                "Match !localnetwork 203.0.113.7             | true",
            },
            delimiter = '|')
    void criteriaOfNewerVersionsCount(String lines, boolean met) throws IOException {
        configure(lines.replace("; ", "\n") + "\nUser found\n");
        assertThat(only("h").user().equals("found")).isEqualTo(met);
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "Match localnetwork here    | 'Match localnetwork' has 'here', which is no list of networks",
                "Match localnetwork 10/8/8  | 'Match localnetwork' has '10/8/8', which is no list of networks",
                "Match colour blue          | 'Match colour' is not known",
                "Match all host h           | 'all' cannot stand with other criteria of a Match",
                "User a b                   | 'User' has more than one value",
            },
            delimiter = '|',
            quoteCharacter = '`')
    void aLineThatSshRefusesIsRefused(String line, String why) throws IOException {
        configure(line + "\n");
        assertThatThrownBy(() -> route("h"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("ssh configuration %s, line 1: %s", folder.resolve("config"), why);
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "Match exec true                 | 'Match exec' is passed over for host h: it cannot be decided here",
                "Match host h !version x         | 'Match !version' is passed over for host h: it cannot be decided here",
                "Match command true              | 'Match command' is passed over for host h: it cannot be decided here",
                "Match host other exec true      | ",
                "HostKeyAlgorithms ssh-ed25519   | 'HostKeyAlgorithms' is passed over for host h: any algorithm that is not broken is believed",
                "KnownHostsCommand /bin/x        | 'KnownHostsCommand' is passed over for host h: this client runs none, and only files say which hosts are known",
                "CanonicalizePermittedCNAMEs *:* | 'CanonicalizePermittedCNAMEs' is passed over for host h: that a name stands for another one is not followed",
                "HostKeyAlgorithms +ssh-rsa      | ",
                "ForwardAgent yes                | ",
            },
            delimiter = '|',
            quoteCharacter = '"')
    void whatIsPassedOverIsSaidByName(String line, String notice) throws IOException {
        configure("Host h\n" + line + "\nUser nobody\n");
        route("h");
        assertThat(notices)
                .isEqualTo(
                        notice == null
                                ? List.of()
                                : List.of("ssh configuration %s, line 2: %s"
                                        .formatted(folder.resolve("config"), notice)));
        notices.clear();
        route("another");
        assertThat(notices).noneMatch(said -> said.contains("Algorithms") || said.contains("CNAMEs"));
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
                Surroundings.with(Map.of("HOME", home.toString())),
                notices::add);
    }
}
