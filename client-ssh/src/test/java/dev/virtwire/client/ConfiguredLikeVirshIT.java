// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.testkit.PrivateLibvirtd;
import dev.virtwire.testkit.PrivateSshd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * libvirt's own client and ours with the same URI, the same files of ssh's and of libvirt's, and the same environment:
 * both connect and find themselves at the same driver, or both refuse. {@link UriLikeVirshIT} has the URIs that need no
 * files.
 */
@Timeout(120)
class ConfiguredLikeVirshIT {
    @TempDir
    private static Path folder;

    private static PrivateLibvirtd libvirtd;
    private static PrivateSshd known;
    private static PrivateSshd unknown;
    private static PrivateSshd changed;
    private static VirshAndWe both;
    private static VirshAndWe withVariable;

    /** Root has a key that all of three hosts let in. Of the third another key is known than it has. */
    @BeforeAll
    static void start() throws Exception {
        libvirtd = PrivateLibvirtd.start();
        known = PrivateSshd.builder(libvirtd).start();
        unknown = PrivateSshd.builder(libvirtd).start();
        changed = PrivateSshd.builder(libvirtd).start();
        both = new VirshAndWe(folder, Map.of());
        withVariable =
                new VirshAndWe(folder, Map.of("LIBVIRT_DEFAULT_URI", expanded("test+tcp://127.0.0.1:TCP/default")));
        Path ssh = both.home().resolve(".ssh");
        Files.copy(known.identity(), ssh.resolve("id_ed25519"));
        for (PrivateSshd other : new PrivateSshd[] {unknown, changed}) {
            Files.copy(known.authorizedKeys(), other.authorizedKeys(), StandardCopyOption.REPLACE_EXISTING);
        }
        Files.writeString(
                ssh.resolve("known_hosts"),
                Files.readString(known.knownHosts())
                        + "[127.0.0.1]:%d %s"
                                .formatted(changed.port(), Files.readString(Path.of(known.identity() + ".pub"))));
        Files.writeString(ssh.resolve("config"), """
                Host web
                    HostName 127.0.0.1
                    Port %d
                    User root
                Host nowhere
                    HostName 127.0.0.1
                    Port 1
                Host behind
                    HostName 127.0.0.1
                    Port %d
                    ProxyJump web
                """.formatted(known.port(), known.port()));
    }

    @AfterAll
    static void stop() throws Exception {
        both.close();
        withVariable.close();
        changed.close();
        unknown.close();
        known.close();
        libvirtd.close();
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "qemu+ssh://root@127.0.0.1:KNOWN/system                                | both",
                "qemu+ssh://127.0.0.1:KNOWN/system                                     | both",
                "QEMU+SSH://root@127.0.0.1:KNOWN/system                                | neither",
                "test+ssh://root@127.0.0.1:KNOWN/default                               | both",
                "qemu+ssh://root@127.0.0.1:KNOWN/session                               | both",
                "qemu+ssh://web/system                                                 | both",
                "qemu+ssh://behind/system                                              | both",
                "qemu+ssh://nowhere/system                                             | neither",
                "qemu+ssh://stranger@127.0.0.1:KNOWN/system                            | neither",
                // OpenSSH's sshd takes the password for a style of login, and does without. On purpose: we refuse it.
                "qemu+ssh://root:secret@127.0.0.1:KNOWN/system                         | virsh",
                "qemu+ssh://root@127.0.0.1:KNOWN/system?keyfile=~/.ssh/id_ed25519      | both",
                "qemu+ssh://root@127.0.0.1:KNOWN/system?keyfile=~/.ssh/nowhere         | virsh",
                "qemu+ssh://root@127.0.0.1:1/system                                    | neither",
                "qemu+ssh://root@127.0.0.1:UNKNOWN/system                              | neither",
                "qemu+ssh://root@127.0.0.1:UNKNOWN/system?no_verify=1                  | both",
                "qemu+ssh://root@127.0.0.1:CHANGED/system                              | neither",
                "qemu+ssh://root@127.0.0.1:CHANGED/system?no_verify=1                  | both",
                "qemu+ssh://root@127.0.0.1:KNOWN/system?no_tty=1                       | both",
                "qemu+ssh://root@127.0.0.1:KNOWN/system?proxy=native                   | both",
                "qemu+ssh://root@127.0.0.1:KNOWN/system?proxy=netcat                   | both",
                "qemu+ssh://root@127.0.0.1:KNOWN/system?proxy=own                      | neither",
                "qemu+ssh://root@127.0.0.1:KNOWN/system?netcat=nc                      | both",
                "qemu+ssh://root@127.0.0.1:KNOWN/system?netcat=/no/nc                  | neither",
                "qemu+ssh://root@127.0.0.1:KNOWN/system?socket=/run/libvirt/libvirt-sock | both",
                "qemu+ssh://root@127.0.0.1:KNOWN/system?socket=/nowhere                | neither",
                "qemu+ssh://root@127.0.0.1:KNOWN/system?mode=legacy                    | both",
                "qemu+ssh://root@127.0.0.1:KNOWN/system?mode=direct                    | neither",
                "qemu+ssh://root@127.0.0.1:KNOWN/system?mode=direct&socket=/run/libvirt/libvirt-sock | both",
                "qemu+ssh://root@127.0.0.1:KNOWN/system?mode=own                       | neither",
                "qemu+libssh://root@127.0.0.1:KNOWN/system?keyfile=KEY&sshauth=privkey&known_hosts=HOSTS | both",
                "qemu+libssh://root@127.0.0.1:KNOWN/system?keyfile=KEY&sshauth=privkey&known_hosts=/dev/null | neither",
                // On purpose: a key that was named has to be there.
                "qemu+ssh://root@127.0.0.1:KNOWN/system?keyfile=/nowhere               | virsh",
                // On purpose: this client speaks ssh itself.
                "qemu+ssh://root@127.0.0.1:KNOWN/system?command=/usr/bin/ssh           | virsh",
            },
            delimiter = '|')
    void bySshConnectsWhereVirshDoes(String uri, String who) throws Exception {
        Files.deleteIfExists(both.configuration().resolve("libvirt.conf"));
        compare(both, expanded(uri), who);
    }

    /** The settings are lines, here with a semicolon between them; an empty URI stands for no URI. */
    @ParameterizedTest
    @CsvSource(
            value = {
                "uri_aliases = [ \"a=test+tcp://127.0.0.1:TCP/default\" ]                         | a    | both",
                "uri_aliases = [ \"a=test+tcp://127.0.0.1:TCP/default\" ]                         | b    | neither",
                "uri_aliases = [ \"a=test+tcp://127.0.0.1:TCP/default\"; \"b=a\" ]                | b    | neither",
                "uri_aliases = [ \"a=test+tcp://127.0.0.1:TCP/default\"; \"a=x+tcp://127.0.0.1/\" ] | a  | both",
                "uri_aliases = [ \"a\" ]                                                          | a    | neither",
                "uri_default = \"test+tcp://127.0.0.1:TCP/default\"                               | ''   | both",
                "uri_default = \"a\"; uri_aliases = [ \"a=test+tcp://127.0.0.1:TCP/default\" ]    | ''   | both",
                "uri_default = \"vbogus+tcp://127.0.0.1:TCP/system\"                              | ''   | neither",
                "uri_default = \"vbogus+tcp://127.0.0.1:TCP/system\"                              | test+tcp://127.0.0.1:TCP/default | both",
                "uri_default = 5                                                                  | ''   | neither",
                "uri_default                                                                      | qemu+tcp://127.0.0.1:TCP/system | neither",
                "remote_mode = \"legacy\"                                                         | SSH  | both",
                "remote_mode = \"direct\"                                                         | SSH  | neither",
                "remote_mode = \"direct\"                                                         | SSH?mode=legacy | both",
                "remote_mode = \"direct\"                                                         | SSH?proxy=netcat | neither",
                "remote_mode = \"direct\"                                                         | SSH?proxy=netcat&socket=/run/libvirt/libvirt-sock | both",
                "remote_mode = \"own\"                                                            | SSH  | neither",
                "remote_mode = \"direct\"                                                         | qemu+tcp://127.0.0.1:TCP/system | both",
                "remote_mode = \"own\"                                                            | qemu+tcp://127.0.0.1:TCP/system | neither",
                "remote_mode = \"own\"                                                            | qemu:///system?socket=SOCKET | neither",
                "remote_proxy = \"netcat\"                                                        | SSH  | both",
                "remote_proxy = \"native\"                                                        | SSH  | both",
                "remote_proxy = \"own\"                                                           | SSH  | neither",
                "remote_proxy = \"own\"                                                           | SSH?proxy=native | both",
                "remote_proxy = \"own\"                                                           | qemu+tcp://127.0.0.1:TCP/system | neither",
                "remote_proxy = \"netcat\"                                                        | SSH?netcat=/no/nc | neither",
                "remote_proxy = \"native\"                                                        | SSH?proxy=netcat | both",
                "unheard_of = 1                                                                   | qemu+tcp://127.0.0.1:TCP/system | both",
            },
            delimiter = '|')
    void byConfigurationConnectsWhereVirshDoes(String settings, String uri, String who) throws Exception {
        configure(settings);
        compare(both, expanded(uri), who);
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "uri_default = \"vbogus+tcp://127.0.0.1:TCP/system\" | ''                              | both",
                "uri_default = \"vbogus+tcp://127.0.0.1:TCP/system\" | qemu+tcp://127.0.0.1:TCP/system | both",
                "uri_default = \"vbogus+tcp://127.0.0.1:TCP/system\" | qemu+tcp://127.0.0.1:1/system   | neither",
            },
            delimiter = '|')
    void byTheEnvironmentConnectsWhereVirshDoes(String settings, String uri, String who) throws Exception {
        configure(settings);
        compare(withVariable, expanded(uri), who);
    }

    private static void configure(String settings) throws IOException {
        // Between the entries of a list that is a comma, which would end the column of the table.
        String text = expanded(settings).replace("\"; \"", "\", \"").replace("; ", "\n");
        Files.writeString(both.configuration().resolve("libvirt.conf"), text + "\n");
    }

    private static void compare(VirshAndWe clients, String uri, String who) throws Exception {
        String virsh = clients.virsh(uri);
        String ours = clients.ours(uri);
        assertThat(ours).doesNotStartWith("unexpected");
        assertThat(virsh.startsWith("error") ? "no" : "yes")
                .as("virsh: %s", virsh)
                .isEqualTo(who.equals("neither") ? "no" : "yes");
        assertThat(ours.startsWith("error") ? "no" : "yes")
                .as("ours: %s", ours)
                .isEqualTo(who.equals("both") ? "yes" : "no");
        if (who.equals("both")) {
            assertThat(ours).isEqualTo(virsh);
        }
    }

    private static String expanded(String text) {
        return text.replace("UNKNOWN", Integer.toString(unknown.port()))
                .replace("KNOWN", Integer.toString(known.port()))
                .replace("CHANGED", Integer.toString(changed.port()))
                .replace("TCP", Integer.toString(libvirtd.tcpPort()))
                .replace("KEY", known.identity().toString())
                .replace("HOSTS", known.knownHosts().toString())
                .replace("SOCKET", libvirtd.socket().toString())
                .replaceAll("^SSH", "qemu+ssh://root@127.0.0.1:%d/system".formatted(known.port()));
    }
}
