// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.Backups;
import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is huge and nearly empty costs what is in it, and its increment what has changed. */
@ExtendWith(LibvirtdExtension.class)
class HugeDiskIT {
    private static final long MIB = 1 << 20;
    private static final long SIZE = Chaos.isFull() ? 16L << 40 : 1L << 40;
    private static final long DATA = Chaos.isFull() ? 1024 * MIB : 64 * MIB;
    private static final long RUN = 4 * MIB;
    private static final long CHANGE = 64 << 10;

    @TempDir
    Path folder;

    @Test
    void costsWhatItHoldsAndWhatHasChanged(Libvirtd libvirtd) throws Exception {
        try (Guest guest =
                Guest.on(libvirtd, "huge").disk(GuestDisk.qcow2(SIZE)).start()) {
            long runs = DATA / RUN;
            for (long i = 0; i < runs; i++) {
                guest.write("vda", SIZE / runs * i, RUN, (int) (1 + i % 255));
            }
            BackupResult full = backup(libvirtd);
            assertThat(full.bytesRead()).isEqualTo(DATA);
            long changes = DATA / 100 / CHANGE;
            for (long i = 0; i < changes; i++) {
                guest.write("vda", SIZE / changes * i / CHANGE * CHANGE, CHANGE, 0x77);
            }
            BackupResult increment = backup(libvirtd);
            assertThat(increment.point().manifest().level()).isEqualTo(Level.INCREMENTAL);
            // A block is hashed whole: 1 MiB is read for the least change in it.
            assertThat(increment.bytesRead()).isLessThanOrEqualTo(changes * MIB);
            assertThat(increment.bytesStored()).isLessThan(4 * changes * CHANGE + 8 * MIB);
            BackupResult nothing = backup(libvirtd);
            assertThat(nothing.bytesRead()).isZero();
            System.out.printf(
                    "%d GiB with %d MiB of data: full %s; %d changes of 64 KiB %s; no change %s%n",
                    SIZE >> 30, DATA >> 20, told(full), changes, told(increment), told(nothing));
        }
    }

    private BackupResult backup(Libvirtd libvirtd) {
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            return Backups.of(libvirt, Repository.openOrCreate(folder.resolve("backups")))
                    .backup(BackupRequest.of("huge"), ProgressListener.NONE)
                    .result()
                    .join();
        }
    }

    private static String told(BackupResult result) {
        return "%.1f s, %.1f MiB read, %.1f MiB stored"
                .formatted(
                        result.duration().toMillis() / 1000.0,
                        result.bytesRead() / (double) MIB,
                        result.bytesStored() / (double) MIB);
    }
}
