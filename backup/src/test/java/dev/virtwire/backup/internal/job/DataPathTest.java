// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.NbdListen;
import dev.virtwire.client.LibvirtUri;
import org.junit.jupiter.api.Test;

class DataPathTest {
    private static final String SOCKET = "/var/tmp/virtwire.sock";

    private static DataPath choose(String uri, BackupRequest plan) {
        return DataPath.choose(LibvirtUri.parse(uri), plan, SOCKET);
    }

    private static BackupRequest plan() {
        return BackupRequest.of("web1");
    }

    @Test
    void localHostsExportOnASocketAndTcpHostsOnALoopbackPort() {
        assertThat(choose("qemu:///system", plan())).isEqualTo(new DataPath.Socket(SOCKET));
        assertThat(choose("qemu+ssh://192.0.2.7/system", plan())).isEqualTo(new DataPath.Socket(SOCKET));
        assertThat(choose("qemu+libssh2://192.0.2.7/system", plan())).isEqualTo(new DataPath.Socket(SOCKET));
        assertThat(choose("qemu+tcp://localhost/system", plan()))
                .isEqualTo(new DataPath.Ports(new NbdListen("127.0.0.1", 10809, 10872), "127.0.0.1", false));
        assertThat(choose("qemu:///system", plan().withNbd(NbdListen.parse("localhost:7000"))))
                .isEqualTo(new DataPath.Ports(new NbdListen("127.0.0.1", 7000, 7000), "127.0.0.1", false));
        assertThat(choose("qemu:///system", plan().withNbd(NbdListen.parse("[::1]:7000-7001"))))
                .isEqualTo(new DataPath.Ports(new NbdListen("::1", 7000, 7001), "::1", false));
    }

    @Test
    void anUnencryptedExportToAnotherHostHasToBeAllowed() {
        assertThatThrownBy(() -> choose("qemu+tcp://192.0.2.7/system", plan()))
                .isInstanceOf(BackupException.class)
                .hasMessage("the NBD export on 192.0.2.7 would hand the disks unencrypted to anyone who connects: run"
                        + " this on the host itself, use an encrypted connection, or allow it with --insecure-nbd");
        assertThatThrownBy(() -> choose("qemu:///system", plan().withNbd(NbdListen.parse("0.0.0.0:10809"))))
                .hasMessageContaining("unencrypted");
        assertThatThrownBy(
                        () -> choose("qemu+ssh://192.0.2.7/system", plan().withNbd(NbdListen.parse("192.0.2.7:10809"))))
                .hasMessageContaining("unencrypted");
        assertThat(choose("qemu+tcp://192.0.2.7/system", plan().allowingInsecureNbd()))
                .isEqualTo(new DataPath.Ports(new NbdListen("192.0.2.7", 10809, 10872), "192.0.2.7", false));
        assertThatThrownBy(() -> choose(
                        "qemu+tcp://192.0.2.7/system",
                        plan().withNbd(NbdListen.parse("127.0.0.1:10809")).allowingInsecureNbd()))
                .hasMessageContaining("cannot be reached from here");
    }

    @Test
    void tlsHostsExportByTlsWhateverElseIsAllowed() {
        assertThat(choose("qemu+tls://192.0.2.7/system", plan()))
                .isEqualTo(new DataPath.Ports(new NbdListen("192.0.2.7", 10809, 10872), "192.0.2.7", true));
        assertThat(choose("qemu://host.example.org/system", plan().allowingInsecureNbd()))
                .isEqualTo(
                        new DataPath.Ports(new NbdListen("host.example.org", 10809, 10872), "host.example.org", true));
        assertThat(choose("qemu+tls://host.example.org/system", plan().withNbd(NbdListen.parse("0.0.0.0:7000"))))
                .isEqualTo(new DataPath.Ports(new NbdListen("0.0.0.0", 7000, 7000), "host.example.org", true));
        assertThat(choose("qemu+tls://localhost/system", plan()))
                .isEqualTo(new DataPath.Ports(new NbdListen("127.0.0.1", 10809, 10872), "127.0.0.1", true));
    }

    @Test
    void addressesAreReadAsTheyAreWritten() {
        assertThat(NbdListen.parse("10.0.0.1:10809")).isEqualTo(new NbdListen("10.0.0.1", 10809, 10809));
        for (String wrong : new String[] {"", "10809", "host:", "host:0", "host:70000", "host:9-8", "::1:10809"}) {
            assertThatThrownBy(() -> NbdListen.parse(wrong)).as(wrong).isInstanceOf(BackupException.class);
        }
    }
}
