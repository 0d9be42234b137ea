// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.chaos.files.FileCounts;
import dev.virtwire.backup.chaos.files.WatchedFileSystem;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.backup.internal.job.BackupRun;
import dev.virtwire.client.Libvirt;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.repository.LongChainMaker;
import dev.virtwire.repository.MemoryFolder;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.CopyBudget;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.manifest.DomainIdentity;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.ParentLink;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A backup reads each manifest of the domain once, and each digest file of the chain that it builds on. */
@ExtendWith(LibvirtdExtension.class)
class ManyPointsIT {
    private static final int FEW = 10;
    private static final int MANY = 300;

    @TempDir(factory = MemoryFolder.class)
    Path folder;

    @Test
    void aBackupBehindManyPointsCostsAtMostAsManyTimesWhatItCostsBehindAFew(Libvirtd libvirtd) throws Exception {
        try (Guest guest = Guest.on(libvirtd, "web1")
                        .disk(GuestDisk.qcow2(2 * MIB).pattern(3))
                        .start();
                Libvirt libvirt = new Scene(libvirtd, folder).connect()) {
            FileCounts few = backedUp(libvirt, guest, FEW);
            FileCounts many = backedUp(libvirt, guest, MANY);
            assertThat(many.opened()).as("%s, %s", few, many).isLessThanOrEqualTo(few.opened() * MANY / FEW);
            assertThat(many.read()).as("%s, %s", few, many).isLessThanOrEqualTo(few.read() * MANY / FEW);
        }
    }

    private FileCounts backedUp(Libvirt libvirt, Guest guest, int points) throws IOException {
        Path backups = folder.resolve("behind-" + points);
        DomainIdentity identity =
                HostFacts.ask(libvirt, guest.name(), Waiting::pause).identity();
        LongChainMaker maker =
                new LongChainMaker(backups, (int) (2 * MIB)).of(identity).keepingToTheLimit();
        // The chain is long, but may be one longer.
        maker.points(points - 1);
        FileCounts counts = new FileCounts();
        Point point = new BackupRun(
                        libvirt,
                        RepositoryStore.open(new WatchedFileSystem(counts).path(backups), DurableFiles.PLAIN),
                        BackupRequest.of(guest.name()),
                        ProgressListener.NONE,
                        CopyBudget.ofOne(),
                        NbdOptions.DEFAULT)
                .run()
                .point();
        assertThat(point.manifest().level()).isEqualTo(Level.INCREMENTAL);
        // Each is read once, and the new one was written before.
        assertThat(counts.opened("manifest.json")).as("%s", counts).isEqualTo(points + 1);
        long chain = 0;
        Map<String, Point> all = new HashMap<>();
        Repository.open(backups).points(guest.name()).points().forEach(each -> all.put(each.id(), each));
        for (Point each = all.get(point.id()); each != null; each = parent(all, each)) {
            chain++;
        }
        // Hashed once, and opened for its leaves when the parent is chosen and when it is built on.
        assertThat(counts.opened("vda.digests")).as("%s", counts).isLessThanOrEqualTo(3 * chain);
        return counts;
    }

    private static Point parent(Map<String, Point> all, Point point) {
        ParentLink link = point.manifest().parent();
        return link == null ? null : all.get(link.point());
    }
}
