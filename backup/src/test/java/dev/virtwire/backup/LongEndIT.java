// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.ReconnectPolicy;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Tools;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** libvirt is away for longer than a call may take, when all data is read and the job is to end. */
class LongEndIT {
    private static final Duration CALL = Duration.ofSeconds(20);
    private static final long AWAY_MILLIS = 50_000;

    @TempDir
    Path folder;

    private final Tools tools = new Tools();

    @Test
    void theEndIsAskedForAgainUntilItIsBack() throws Exception {
        try (PrivateLibvirtd libvirtd = PrivateLibvirtd.start();
                Guest guest = Guest.on(libvirtd, "away")
                        .disk(GuestDisk.qcow2(16 * MIB).pattern(5))
                        .start();
                Libvirt libvirt = Libvirt.connect(
                                libvirtd.unixUri(),
                                ConnectOptions.builder()
                                        .callTimeout(CALL)
                                        .reconnect(ReconnectPolicy.usual())
                                        .build())
                        .join()) {
            Path truth = folder.resolve("vda.raw");
            guest.copyDisk("vda", truth);
            Scene scene = new Scene(libvirtd, folder);
            AtomicReference<CompletableFuture<Void>> back = new AtomicReference<>();
            ProgressListener listener = progress -> {
                if (progress.disksDone() == 1 && back.get() == null) {
                    libvirtd.kill();
                    back.set(CompletableFuture.runAsync(
                            libvirtd::restart, CompletableFuture.delayedExecutor(AWAY_MILLIS, TimeUnit.MILLISECONDS)));
                }
            };

            BackupResult result = Backups.of(libvirt, scene.repository())
                    .backup(BackupRequest.of("away"), listener)
                    .result()
                    .join();

            back.get().join();
            Path image = result.point().folder().resolve("vda.qcow2");
            tools.compare(truth, image, "qcow2");
            scene.requireClean("away", result.point().manifest().checkpoint());
        }
    }
}
