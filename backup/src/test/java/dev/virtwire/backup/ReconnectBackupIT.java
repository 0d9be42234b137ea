// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.ReconnectPolicy;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A backup whose libvirtd is started again while QEMU serves the disks. */
class ReconnectBackupIT {
    @TempDir
    Path folder;

    private final Tools tools = new Tools();

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void outlivesLibvirtdWhereTheConnectionIsMadeAgain(boolean killed) throws Exception {
        try (PrivateLibvirtd libvirtd = PrivateLibvirtd.start();
                Guest guest = Guest.on(libvirtd, "living")
                        .disk(GuestDisk.qcow2(32 * MIB).pattern(5))
                        .start();
                Libvirt libvirt = Libvirt.connect(
                                libvirtd.unixUri(),
                                ConnectOptions.builder()
                                        .reconnect(ReconnectPolicy.usual())
                                        .build())
                        .join()) {
            Path truth = folder.resolve("vda.raw");
            guest.copyDisk("vda", truth);
            Scene scene = new Scene(libvirtd, folder);
            ProgressListener listener = Scene.inMidCopy(() -> {
                guest.write("vda", 0, 8 * MIB, 0x5a);
                if (killed) {
                    libvirtd.kill();
                }
                libvirtd.restart();
                // Longer than it takes until the job is asked for by its statistics.
                sleep(4000);
            });
            BackupRequest plan = BackupRequest.of("living");

            BackupResult result = Backups.of(libvirt, scene.repository())
                    .backup(plan, listener)
                    .result()
                    .join();

            assertThat(result.notices()).isEmpty();
            scene.requireClean("living", result.point().manifest().checkpoint());
            Path image = result.point().folder().resolve("vda.qcow2");
            tools.check(image);
            tools.compare(truth, image, "qcow2");
            assertThat(scene.repository()
                            .verify(VerifyRequest.everything(), ProgressListener.NONE)
                            .join()
                            .intact())
                    .isTrue();
            assertThat(libvirt.hostname().join()).isNotEmpty();
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
