// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.nbd.NbdAddress;
import dev.virtwire.nbd.NbdConnection;
import dev.virtwire.nbd.NbdException;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import dev.virtwire.testkit.TestPki;
import dev.virtwire.testkit.TlsLibvirtd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls and data both by TLS. */
class TlsBackupIT {
    private static final Pattern PORT = Pattern.compile("port='(\\d+)'");

    @TempDir
    Path folder;

    private static Guest guest(TlsLibvirtd server) {
        return Guest.on(server.libvirtd(), "tls")
                .disk(GuestDisk.qcow2(48 * MIB).pattern(3))
                .disk(GuestDisk.qcow2(9 * MIB + 512).pattern(4))
                .start();
    }

    private Scene scene(TlsLibvirtd server) {
        return new Scene(server.libvirtd(), server.uri("qemu", "system"), folder);
    }

    @Test
    void aFullPointAndAnIncrementComeThroughAnExportThatAsksForTls() throws Exception {
        try (TlsLibvirtd server = TlsLibvirtd.start();
                Guest guest = guest(server)) {
            Scene scene = scene(server);
            History history = new History(server.libvirtd(), guest, scene, folder);
            AtomicReference<Throwable> plain = new AtomicReference<>();
            BackupResult first = history.backup();
            guest.write("vda", 5 * MIB, 3 * MIB, 0x61);
            guest.write("vdb", 9 * MIB, 512, 0x62);
            BackupResult next = history.backup();
            scene.backup(
                    BackupRequest.of("tls").withLevel(Level.FULL),
                    Scene.inMidCopy(() -> plain.set(catchPlain(history))));

            assertThat(first.point().manifest().level()).isEqualTo(Level.FULL);
            assertThat(next.point().manifest().level()).isEqualTo(Level.INCREMENTAL);
            assertThat(next.bytesRead()).isLessThan(6 * MIB);
            assertThat(plain.get())
                    .isInstanceOfSatisfying(
                            NbdException.class, e -> assertThat(e.kind()).isEqualTo(NbdException.Kind.REFUSED))
                    .hasMessageContaining("the server requires TLS");
            history.requireTruth();
        }
    }

    private static Throwable catchPlain(History history) {
        try {
            Matcher port = PORT.matcher(history.virsh("backup-dumpxml", "tls"));
            assertThat(port.find()).isTrue();
            NbdAddress address = new NbdAddress.Tcp("127.0.0.1", Integer.parseInt(port.group(1)));
            NbdConnection.open(address, "vda", NbdOptions.DEFAULT).close();
            return new AssertionError("whoever comes is let in");
        } catch (Exception e) {
            return e;
        }
    }

    @Test
    void anExportWithoutCertificatesOrWithThoseOfAnotherHostIsNotRead() throws Exception {
        Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
        try (TlsLibvirtd server = TlsLibvirtd.start(
                        PrivateLibvirtd.builder().qemuConf("backup_tls_x509_cert_dir = \"" + elsewhere + "\""));
                Guest guest = guest(server)) {
            Scene scene = scene(server);
            BackupRequest plan = BackupRequest.of(guest.name());

            assertThat(scene.failure(plan))
                    .hasMessageContaining(elsewhere + "/ca-cert.pem: No such file")
                    .hasMessageEndingWith(" in the host's folder that qemu.conf names as backup_tls_x509_cert_dir");
            scene.requireClean("tls");

            TestPki.pem(elsewhere.resolve("ca-cert.pem"), server.authority().authority());
            server.authority()
                    .server("other.example.org")
                    .write(elsewhere.resolve("server-cert.pem"), elsewhere.resolve("server-key.pem"));
            assertThat(scene.failure(plan))
                    .hasMessageMatching("the backup of domain tls failed: the disk could not be read:"
                            + " nbd://127.0.0.1:\\d+/virtwire-\\S+-vda: TLS failed: the server's certificate"
                            + " 'CN=server' is refused:"
                            + " it is that of other\\.example\\.org, and not that of '127\\.0\\.0\\.1'");
            scene.requireClean("tls");
        }
    }
}
