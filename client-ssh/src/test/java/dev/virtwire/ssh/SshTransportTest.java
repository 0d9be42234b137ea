// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.InvalidUriException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.internal.config.LibvirtConf;
import dev.virtwire.client.internal.config.Surroundings;
import dev.virtwire.client.internal.transport.Transports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a URI by ssh opens, as the client finds it. */
class SshTransportTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(
            value = {
                "qemu+ssh://u@h/system                          | false | virt-ssh-helper, or else nc to /var/run/libvirt/libvirt-sock, at host h port 22 by ssh as user u",
                "qemu+libssh2://u@[::1]:7/system                | true  | virt-ssh-helper, or else nc to /var/run/libvirt/libvirt-sock-ro, at host ::1 port 7 by ssh as user u",
                "qemu+ssh://u@h/system?proxy=native             | false | virt-ssh-helper, at host h port 22 by ssh as user u",
                "qemu+ssh://u@h/session                         | false | virt-ssh-helper, at host h port 22 by ssh as user u",
                "qemu+ssh://u@h/system?proxy=netcat             | false | nc to /var/run/libvirt/libvirt-sock, at host h port 22 by ssh as user u",
                "qemu+ssh://u@h/system?netcat=/x/nc             | false | /x/nc to /var/run/libvirt/libvirt-sock, at host h port 22 by ssh as user u",
                "qemu+ssh://u@h/session?socket=/x/s             | false | nc to /x/s, at host h port 22 by ssh as user u",
                "qemu+ssh://u@h/system?netcat=n&mode=legacy     | true  | n to /var/run/libvirt/libvirt-sock-ro, at host h port 22 by ssh as user u",
                "qemu+ssh://u@h/system?socket=/x/s&mode=direct  | true  | nc to /x/s, at host h port 22 by ssh as user u",
            },
            delimiter = '|')
    void opensWhatLibvirtWould(String uri, boolean readOnly, String target) {
        assertThat(target(uri, readOnly)).isEqualTo(target);
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "qemu+ssh://h/system?command=rsh   | parameter 'command' names a program to use in place of ssh, and this client speaks ssh itself: leave it out",
                "qemu+ssh://h/system?pkipath=/x    | parameter 'pkipath' has no meaning over ssh, which knows auth, authfile, keyfile, known_hosts, known_hosts_verify, mode, name, netcat, no_tty, no_verify, proxy, socket, sshauth",
                "qemu+ssh://h/system?mode=own      | mode 'own' is not auto, direct or legacy",
                "qemu+ssh://h/system?mode=direct   | the parameter 'mode' says direct, and over ssh it cannot be seen which daemons' sockets there are: say mode=auto, or give the path of one as 'socket'",
                "qemu+ssh://h/system?proxy=own     | proxy 'own' is not auto, native or netcat",
                "qemu+ssh://h/system?proxy=native&netcat=nc | parameter 'netcat' has no meaning with the proxy native, which finds the socket itself",
                "qemu+ssh://h/system?proxy=native&socket=/x | parameter 'socket' has no meaning with the proxy native, which finds the socket itself",
                "qemu+ssh://h/session?proxy=netcat | where the session's socket is, only the host knows: give its path as 'socket', or proxy=native",
                "qemu+ssh://h/system?known_hosts_verify=no | known_hosts_verify 'no' is not normal, auto or ignore",
                "qemu+ssh://h/system?sshauth=privkey,gssapi | sshauth 'privkey,gssapi': 'gssapi' is not one of agent, privkey, keyboard-interactive, password",
                "qemu+libssh://h/system?no_verify=yes | parameter 'no_verify' is 1 for yes or 0 for no, and not 'yes'",
            },
            delimiter = '|')
    void refusesWhatSshCannotDo(String uri, String why) {
        assertThatThrownBy(() -> target(uri, false))
                .isInstanceOf(InvalidUriException.class)
                .hasMessage("URI '" + uri + "': " + why);
    }

    @Test
    void theConfigurationChoosesWhereTheUriDoesNot() throws IOException {
        Path conf = folder.resolve("libvirt.conf");
        Files.writeString(conf, "remote_mode = \"direct\"");
        assertThatThrownBy(() -> target("qemu+ssh://u@h/system", false))
                .isInstanceOf(InvalidUriException.class)
                .hasMessage(
                        "URI 'qemu+ssh://u@h/system': remote_mode of %s says direct, and over ssh it cannot be seen which daemons' sockets there are: say mode=auto, or give the path of one as 'socket'",
                        conf);
        assertThat(target("qemu+ssh://u@h/system?mode=auto", false))
                .startsWith("virt-ssh-helper, or else nc to /var/run/libvirt/libvirt-sock");
        Files.writeString(conf, "remote_proxy = \"own\"");
        assertThat(target("qemu+ssh://u@h/system?proxy=native", false)).startsWith("virt-ssh-helper, at host h");
    }

    private String target(String uri, boolean readOnly) {
        Surroundings surroundings = new Surroundings(Map.of("HOME", folder.toString()), true, folder, folder, folder);
        ConnectOptions options = ConnectOptions.builder().readOnly(readOnly).build();
        return Transports.of(LibvirtUri.parse(uri), options, surroundings, LibvirtConf.load(surroundings))
                .target();
    }
}
