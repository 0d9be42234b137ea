// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.InvalidUriException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.internal.config.LibvirtConf;
import dev.virtwire.client.internal.config.Surroundings;
import dev.virtwire.client.internal.config.UriChoice;
import dev.virtwire.client.internal.tls.CertificateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a URI opens: in the tables, S stands for the folder of the system's sockets, U for that of the user's session.
 */
class TransportsTest {
    @TempDir
    private Path folder;

    private Path system;
    private Path session;
    private Path configuration;

    @BeforeEach
    void makeFolders() throws IOException {
        system = Files.createDirectory(folder.resolve("system"));
        session = Files.createDirectories(folder.resolve("runtime/libvirt"));
        configuration = Files.createDirectories(folder.resolve("configuration/libvirt"));
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                // URI                                    | root  | read-only | sockets that are there      | what is
                // opened
                "qemu:///system                           | true  | false | S/libvirt-sock              | socket S/libvirt-sock",
                "qemu:///system                           | true  | true  | S/libvirt-sock              | socket S/libvirt-sock-ro",
                "qemu:///system                           | true  | false |                             | socket S/libvirt-sock",
                "qemu:///system                           | true  | false | S/virtqemud-sock            | socket S/virtqemud-sock",
                "qemu:///system                           | true  | true  | S/virtqemud-sock            | socket S/libvirt-sock-ro",
                "qemu:///system                           | true  | true  | S/virtqemud-sock-ro         | socket S/virtqemud-sock-ro",
                "qemu:///system                           | true  | false | S/virtxend-sock             | socket S/libvirt-sock",
                "qemu:///system?mode=direct               | true  | false | S/libvirt-sock              | socket S/virtqemud-sock",
                "qemu:///system?mode=legacy               | true  | false | S/virtqemud-sock            | socket S/libvirt-sock",
                "qemu:///system?MODE=auto                 | true  | false | S/virtqemud-sock            | socket S/virtqemud-sock",
                "qemu+UNIX:///system                      | true  | false | S/virtqemud-sock            | socket S/virtqemud-sock",
                "lxc:///system                            | true  | false | S/virtlxcd-sock             | socket S/virtlxcd-sock",
                "xen                                      | true  | false | S/virtxend-sock             | socket S/virtxend-sock",
                "qemu:///system                           | false | false | S/libvirt-sock U/libvirt-sock | socket S/libvirt-sock",
                "qemu:///session                          | false | false | S/libvirt-sock U/libvirt-sock | socket U/libvirt-sock",
                "qemu:///session                          | false | true  | U/libvirt-sock              | socket U/libvirt-sock",
                "qemu:///session                          | false | false | U/virtqemud-sock            | socket U/virtqemud-sock",
                "qemu:///session?mode=legacy              | false | false | U/virtqemud-sock            | socket U/libvirt-sock",
                "qemu:///session                          | true  | false | U/libvirt-sock              | socket S/libvirt-sock",
                "test+unix:///default                     | false | false |                             | socket U/libvirt-sock",
                "remote+unix:///system                    | true  | false | S/virtqemud-sock            | socket S/libvirt-sock",
                "qemu:///system?socket=/x/y               | true  | false | S/libvirt-sock              | socket /x/y",
                "qemu:///system?socket=/x/y&mode=direct   | true  | true  | S/libvirt-sock              | socket /x/y",
                "qemu+tcp://h/system                      | true  | false |                             | host h port 16509",
                "qemu+tcp://u@h:7/system                  | true  | false |                             | host h port 7",
                "qemu+tcp://[fe80::1]:7/system            | true  | false |                             | host fe80::1 port 7",
                "qemu+tcp:///system                       | true  | false |                             | host localhost port 16509",
                "qemu+tcp://h/system?auth=sasl.PLAIN      | true  | false |                             | host h port 16509",
                "qemu://h/system                          | true  | false |                             | host h port 16514 by TLS",
                "qemu+TLS://[::1]:7/system?no_verify=0    | true  | false |                             | host ::1 port 7 by TLS",
                "qemu+tcp://h/system?foo=bar              | true  | false |                             | host h port 16509",
            },
            delimiter = '|')
    void opensWhatLibvirtWould(String uri, boolean root, boolean readOnly, String sockets, String target)
            throws IOException {
        for (String socket : sockets == null ? new String[0] : sockets.split(" ")) {
            Files.createFile(
                    socket.startsWith("S")
                            ? system.resolve(socket.substring(2))
                            : session.resolve(socket.substring(2)));
        }
        Surroundings surroundings = surroundings(root, Map.of());
        Transport transport = Transports.of(
                LibvirtUri.parse(uri),
                ConnectOptions.builder().readOnly(readOnly).build(),
                surroundings,
                LibvirtConf.load(surroundings));
        assertThat(transport.target())
                .isEqualTo(target.replace("S/", system + "/").replace("U/", session + "/"));
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "qemu:///system?socket=~no-such-user/x | its socket: path ~no-such-user/x: /etc/passwd has no user 'no-such-user': write the path in full",
                "qemu:///system?mode=own           | mode 'own' is not auto, direct or legacy",
                "qemu:///system?socket=/x&mode=own | mode 'own' is not auto, direct or legacy",
                "qemu:///system?auth=none          | auth 'none' is not sasl, sasl.MECHANISM or polkit",
                "qemu+tcp://h/system?auth=sasl.    | auth 'sasl.' is not sasl, sasl.MECHANISM or polkit",
                "qemu+tcp://h/system?command=ssh   | parameter 'command' has no meaning over tcp, which knows auth, authfile, name",
                "qemu+tcp://h/system?Mode=legacy   | parameter 'mode' has no meaning over tcp, which knows auth, authfile, name",
                "qemu+tcp://h/system?socket=/x     | parameter 'socket' has no meaning over tcp, which knows auth, authfile, name",
                "qemu+tcp://h/system?no_verify=1   | parameter 'no_verify' has no meaning over tcp, which knows auth, authfile, name",
                "qemu:///system?pkipath=/x         | parameter 'pkipath' has no meaning over unix, which knows auth, authfile, mode, name, socket",
                "qemu:///system?keyfile=/x         | parameter 'keyfile' has no meaning over unix, which knows auth, authfile, mode, name, socket",
                "qemu:///system?proxy=native       | parameter 'proxy' has no meaning over unix, which knows auth, authfile, mode, name, socket",
                "qemu://h/system?no_verify=yes     | parameter 'no_verify' is 1 for yes or 0 for no, and not 'yes'",
                "qemu://h/system?keyfile=/x        | parameter 'keyfile' has no meaning over tls, which knows auth, authfile, name, no_sanity, no_verify, pkipath, tls_priority",
                "qemu://h/system?tls_priority=LEGACY | tls_priority 'LEGACY': it begins with 'LEGACY', and what can be said to Java's TLS begins with @SYSTEM, NORMAL, PERFORMANCE, PFS, SECURE128, SECURE192 or SECURE256",
                "qemu:///system?socket=%00         | its socket is not a path: Nul character not allowed",
            },
            delimiter = '|')
    void refusesWhatTheTransportCannotDo(String uri, String why) {
        Surroundings surroundings = surroundings(true, Map.of());
        assertThatThrownBy(() -> Transports.of(
                        LibvirtUri.parse(uri), ConnectOptions.defaults(), surroundings, LibvirtConf.load(surroundings)))
                .isInstanceOf(InvalidUriException.class)
                .hasMessage("URI '" + uri + "': " + why);
    }

    @Test
    void aSessionWithoutAHomeIsRefused() {
        Surroundings nowhere = new Surroundings(Map.of(), false, system, folder, folder);
        assertThatThrownBy(() -> Transports.of(
                        LibvirtUri.parse("qemu:///session"),
                        ConnectOptions.defaults(),
                        nowhere,
                        LibvirtConf.load(nowhere)))
                .hasMessage(
                        "URI 'qemu:///session': neither XDG_RUNTIME_DIR nor HOME is set, so the session's socket is unknown");
    }

    @Test
    void theConfigurationChoosesTheModeWhereTheUriDoesNot() throws IOException {
        configure("remote_mode = \"direct\"");
        assertThat(target(null, "qemu:///system")).isEqualTo("socket " + system.resolve("virtqemud-sock"));
        assertThat(target(null, "qemu:///system?mode=legacy")).isEqualTo("socket " + system.resolve("libvirt-sock"));
        configure("remote_mode = \"own\"");
        assertThatThrownBy(() -> target(null, "qemu:///system"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        configuration.resolve("libvirt.conf") + ": remote_mode 'own' is not auto, direct or legacy");
    }

    /**
     * As libvirt does: a file that is wrong is wrong for all, and a URI with a word of its own on it is not concerned.
     */
    @Test
    void theConfigurationHasToBeRightWhateverTheTransport() throws IOException {
        configure("remote_mode = \"direct\"");
        assertThat(target(null, "qemu+tcp://h/system")).isEqualTo("host h port 16509");
        configure("remote_proxy = \"own\"");
        assertThatThrownBy(() -> target(null, "qemu+tcp://h/system"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        configuration.resolve("libvirt.conf") + ": remote_proxy 'own' is not auto, native or netcat");
    }

    @Test
    void certificatesAreTheUsersOwnWhereTheyAreThereElseTheSystems() throws IOException {
        Path home = Files.createDirectories(folder.resolve("home/.pki/libvirt"));
        Surroundings user =
                surroundings(false, Map.of("HOME", folder.resolve("home").toString()));
        Path pki = folder.resolve("pki");
        assertThat(CertificateFiles.of(Optional.empty(), user))
                .isEqualTo(CertificateFiles.of(Optional.empty(), surroundings(true, Map.of())))
                .isEqualTo(new CertificateFiles(
                        pki.resolve("CA/cacert.pem"),
                        pki.resolve("CA/cacrl.pem"),
                        pki.resolve("libvirt/clientcert.pem"),
                        pki.resolve("libvirt/private/clientkey.pem")));
        // A certificate without its key is not taken.
        Files.createFile(home.resolve("cacert.pem"));
        Files.createFile(home.resolve("clientcert.pem"));
        CertificateFiles mixed = CertificateFiles.of(Optional.empty(), user);
        assertThat(mixed.authorities()).isEqualTo(home.resolve("cacert.pem"));
        assertThat(mixed.revocations()).isEqualTo(pki.resolve("CA/cacrl.pem"));
        assertThat(mixed.certificate()).isEqualTo(pki.resolve("libvirt/clientcert.pem"));
        Files.createFile(home.resolve("clientkey.pem"));
        assertThat(CertificateFiles.of(Optional.empty(), user).key()).isEqualTo(home.resolve("clientkey.pem"));
        assertThat(CertificateFiles.of(Optional.of(Path.of("/x")), user))
                .isEqualTo(new CertificateFiles(
                        Path.of("/x/cacert.pem"),
                        Path.of("/x/cacrl.pem"),
                        Path.of("/x/clientcert.pem"),
                        Path.of("/x/clientkey.pem")));
    }

    @Test
    void theConfiguredPriorityIsRefusedByItsFile() throws IOException {
        configure("tls_priority = \"NORMAL:+SRP\"");
        assertThat(target(null, "qemu://h/system?tls_priority=NORMAL")).isEqualTo("host h port 16514 by TLS");
        assertThatThrownBy(() -> target(null, "qemu://h/system"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(configuration.resolve("libvirt.conf")
                        + ": tls_priority 'NORMAL:+SRP': its part '+SRP' cannot be said to Java's TLS");
    }

    @Test
    void aUriIsTheGivenOneElseTheEnvironmentsElseTheConfiguredOneElseTheDaemonsChoice() throws IOException {
        Path file = configuration.resolve("libvirt.conf");
        assertThat(choose(null, ""))
                .isEqualTo("remote+unix:///system, no URI is given anywhere, so the daemon chooses the hypervisor");
        configure("""
                # Names for hosts
                uri_aliases = [
                  "web=qemu+tcp://web.example/system",
                  'lab=test:///default', # of old
                ]
                uri_default = "lab"
                max_client_requests = 5
                """);
        assertThat(choose(null, ""))
                .isEqualTo("test:///default, uri_default of " + file + ": the alias 'lab' of " + file);
        assertThat(choose(null, "web"))
                .isEqualTo("qemu+tcp://web.example/system, as given: the alias 'web' of " + file);
        assertThat(choose("qemu+tcp://env/system", ""))
                .isEqualTo("qemu+tcp://env/system, the environment's LIBVIRT_DEFAULT_URI");
        assertThat(choose("qemu+tcp://env/system", "xen")).isEqualTo("xen, as given");
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "uri_default                   | , line 1: '=' is missing after 'uri_default'",
                "uri_default = qemu:///system  | , line 1: a value is a number, a string in quotes, or a list of such in brackets",
                "uri_default = \"qemu:///system | , line 1: a string is not closed",
                "uri_default = \"a\" \"b\"     | , line 1: there is more on the line than a value",
                "uri_default = 7               | : uri_default is no string in quotes",
                "uri_aliases = \"a=b\"         | : uri_aliases is no list in brackets",
                "uri_aliases = [ \"ab\" ]      | : the alias 'ab' has not the form \"name=uri\"",
                "uri_aliases = [ \"a=b\"       | , line 1: a list is not closed by ']'",
                "= 3                           | , line 1: a name is expected where '=' stands",
            },
            delimiter = '|',
            quoteCharacter = '`')
    void aConfigurationThatIsWrongIsNamedWithItsLine(String text, String why) throws IOException {
        configure(text);
        assertThatThrownBy(() -> target(null, "qemu:///system"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(configuration.resolve("libvirt.conf") + why);
    }

    private void configure(String text) throws IOException {
        Files.writeString(configuration.resolve("libvirt.conf"), text);
    }

    private Surroundings surroundings(boolean root, Map<String, String> more) {
        Map<String, String> environment = new HashMap<>(more);
        environment.put("XDG_RUNTIME_DIR", folder.resolve("runtime").toString());
        environment.put("XDG_CONFIG_HOME", folder.resolve("configuration").toString());
        return new Surroundings(environment, root, system, configuration, folder.resolve("pki"));
    }

    private String target(String variable, String uri) {
        Surroundings surroundings =
                surroundings(true, variable == null ? Map.of() : Map.of("LIBVIRT_DEFAULT_URI", variable));
        LibvirtConf conf = LibvirtConf.load(surroundings);
        return Transports.of(UriChoice.of(uri, surroundings, conf).uri(), ConnectOptions.defaults(), surroundings, conf)
                .target();
    }

    private String choose(String variable, String uri) {
        Surroundings surroundings =
                surroundings(true, variable == null ? Map.of() : Map.of("LIBVIRT_DEFAULT_URI", variable));
        UriChoice choice = UriChoice.of(uri, surroundings, LibvirtConf.load(surroundings));
        return choice.uri() + ", " + choice.source();
    }
}
