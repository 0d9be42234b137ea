// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.Backups;
import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What is measured of backups of a real guest. */
@ExtendWith(LibvirtdExtension.class)
class BackupMetricsIT {
    private static final int MIB = 1 << 20;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final BackupMetrics metrics = new BackupMetrics(registry);

    @Test
    void aBackupLeavesItsFigures(Libvirtd libvirtd, @TempDir Path folder) throws InterruptedException {
        Instant begun = Instant.now();
        try (Guest guest = Guest.on(libvirtd, "measured")
                        .disk(GuestDisk.qcow2(16 * MIB).random(0, 4 * MIB, 1))
                        .start();
                Libvirt libvirt = Libvirt.await(Libvirt.connect(libvirtd.unixUri()))) {
            Backups backups = Backups.of(libvirt, Repository.openOrCreate(folder));
            List<Double> progress = Collections.synchronizedList(new ArrayList<>());
            ProgressListener listener = now -> {
                progress.add(gauge("virtwire.backups.progress"));
                assertThat(now.bytesDone()).isLessThanOrEqualTo(now.bytesTotal());
            };
            Operation<BackupResult> operation = metrics.backup(backups, BackupRequest.of(guest.name()), listener);
            BackupResult result = operation.join();

            await().until(() -> gauge("virtwire.backups.running") == 0);
            String outcome = result.warnings().isEmpty() ? "done" : "warned";
            await().untilAsserted(() -> assertThat(registry.get("virtwire.backups")
                            .tags("domain", "measured", "outcome", outcome)
                            .timer()
                            .count())
                    .isEqualTo(1));
            assertThat(bytes("read")).isEqualTo(result.bytesRead()).isGreaterThanOrEqualTo(4 * MIB);
            assertThat(bytes("stored")).isEqualTo(result.bytesStored());
            assertThat(progress)
                    .isNotEmpty()
                    .allMatch(part -> part >= 0 && part <= 1)
                    .anyMatch(part -> part > 0);
            assertThat(gauge("virtwire.backups.progress")).isZero();
            assertThat(registry.get("virtwire.backups.last").timeGauge().value(TimeUnit.SECONDS))
                    .isBetween(
                            (double) begun.getEpochSecond(),
                            (double) Instant.now().getEpochSecond() + 1);
        }
    }

    @Test
    void soDoesOneThatFails(Libvirtd libvirtd, @TempDir Path folder) throws InterruptedException {
        try (Libvirt libvirt = Libvirt.await(Libvirt.connect(libvirtd.unixUri()))) {
            Backups backups = Backups.of(libvirt, Repository.openOrCreate(folder));
            Operation<BackupResult> operation =
                    metrics.backup(backups, BackupRequest.of("measured-nobody"), ProgressListener.NONE);
            assertThatThrownBy(operation::join).isInstanceOf(RuntimeException.class);
            await().untilAsserted(() -> assertThat(registry.get("virtwire.backups")
                            .tags("domain", "measured-nobody", "outcome", "failed")
                            .timer()
                            .count())
                    .isEqualTo(1));
            assertThat(registry.get("virtwire.backups.last").timeGauge().value(TimeUnit.SECONDS))
                    .isZero();
        }
    }

    private double gauge(String name) {
        return registry.get(name).gauge().value();
    }

    private double bytes(String kind) {
        return registry.get("virtwire.backups.bytes")
                .tags("kind", kind)
                .counter()
                .count();
    }
}
