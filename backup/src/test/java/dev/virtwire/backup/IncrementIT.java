// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.backup.internal.job.BackupRun;
import dev.virtwire.client.Libvirt;
import dev.virtwire.image.ImageExtent;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.repository.DomainPoints;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneReport;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.CopyBudget;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What increments hold, and what they are made on, while nothing unusual happens on the host. */
@ExtendWith(LibvirtdExtension.class)
class IncrementIT {
    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private Libvirtd libvirtd;
    private Scene scene;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(shared, folder);
    }

    private Guest.Builder guest(String name) {
        return Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(48 * MIB).pattern(3))
                .disk(GuestDisk.qcow2(9 * MIB + 512).pattern(4));
    }

    private History history(Guest guest) {
        return new History(libvirtd, guest, scene, folder);
    }

    private static BackupRequest plan(Guest guest) {
        return BackupRequest.of(guest.name());
    }

    private Point newest(Guest guest) {
        return scene.repository().newestPoint(guest.name());
    }

    private static ManifestDisk disk(BackupResult result, String target) {
        return result.point().manifest().disk(target);
    }

    @Test
    void theFirstPointIsFullAndLaterOnesHoldWhatChanged() throws Exception {
        try (Guest guest = guest("incr-1").start()) {
            History history = history(guest);
            BackupResult first = history.backup();
            assertThat(first.point().manifest().level()).isEqualTo(Level.FULL);
            assertThat(disk(first, "vda").reason()).isEqualTo("it is the first point of the domain");
            assertThat(first.notices()).isEmpty();

            BackupResult before = first;
            Random random = new Random(11);
            for (int i = 0; i < 4; i++) {
                guest.write(
                        "vda", random.nextInt(46) * MIB + 512L * random.nextInt(2000), 70_000 / 512 * 512, 0x40 + i);
                guest.write("vdb", 9 * MIB, 512, 0x50 + i);
                BackupResult next = history.backup();

                Manifest manifest = next.point().manifest();
                assertThat(manifest.level()).isEqualTo(Level.INCREMENTAL);
                assertThat(next.point().id()).contains("-incremental");
                assertThat(manifest.parent().point()).isEqualTo(before.point().id());
                assertThat(manifest.parent().manifestSha256())
                        .isEqualTo(before.point().manifestSha256());
                for (ManifestDisk disk : manifest.disks()) {
                    assertThat(disk.level()).isEqualTo(Level.INCREMENTAL);
                    assertThat(disk.reason())
                            .isEqualTo(
                                    "what changed since point " + before.point().id());
                    assertThat(disk.image().backing())
                            .isEqualTo("../" + before.point().id() + "/" + disk.target() + ".qcow2");
                }
                assertThat(next.notices()).isEmpty();
                assertThat(next.bytesRead()).isLessThan(4 * MIB);
                assertThat(next.bytesStored()).isLessThan(4 * MIB);
                scene.requireClean(guest.name(), manifest.checkpoint());
                before = next;
            }
            BackupResult nothingChanged = history.backup();
            assertThat(nothingChanged.bytesRead()).isZero();
            history.requireTruth();
        }
    }

    @Test
    void whatBecameZeroIsZeroInTheIncrementToo() throws Exception {
        Guest.Builder random =
                Guest.on(libvirtd, "incr-zero").disk(GuestDisk.qcow2(64 * MIB).random(0, 64 * MIB, 21));
        try (Guest guest = random.start()) {
            History history = history(guest);
            history.backup();
            guest.zero("vda", 0, 10 * MIB);
            guest.write("vda", 12 * MIB + 4096, 65536, 0);
            guest.zero("vda", 14 * MIB + 512, 1024);
            guest.discard("vda", 20 * MIB, 9 * MIB);
            guest.discard("vda", 30 * MIB, 65536);
            guest.write("vda", 32 * MIB, 6 * MIB, 0);
            guest.write("vda", 40 * MIB, 8 * MIB, 0x33);
            guest.zero("vda", 63 * MIB, MIB);
            BackupResult zeroed = history.backup();

            assertThat(zeroed.point().manifest().level()).isEqualTo(Level.INCREMENTAL);
            assertThat(zeroed.bytesStored()).isLessThan(11 * MIB);
            guest.write("vda", 5 * MIB, MIB, 0x66);
            history.backup();
            history.requireTruth();

            // Once more with nothing of ours.
            Path alone = folder.resolve("alone.raw");
            tools.run(List.of(
                    "qemu-img",
                    "convert",
                    "-O",
                    "raw",
                    zeroed.point().folder().resolve("vda.qcow2").toString(),
                    alone.toString()));
            assertThat(Files.mismatch(alone, folder.resolve("truth-1/vda.raw"))).isEqualTo(-1);
        }
    }

    @Test
    void aFullPointCanBeAskedForAndTheNextBuildsOnIt() throws Exception {
        try (Guest guest = guest("incr-full").start()) {
            History history = history(guest);
            history.backup();
            BackupResult full = history.backup(plan(guest).withLevel(Level.FULL));
            assertThat(full.point().manifest().level()).isEqualTo(Level.FULL);
            assertThat(disk(full, "vda").reason()).isEqualTo("a full backup was asked for");
            assertThat(full.notices()).isEmpty();
            guest.write("vda", 3 * MIB, MIB, 0x31);
            BackupResult next = history.backup(plan(guest).withLevel(Level.INCREMENTAL));
            assertThat(next.point().manifest().parent().point())
                    .isEqualTo(full.point().id());
            history.requireTruth();
        }
    }

    @Test
    void anIncrementWithoutAnythingToBuildOnIsRefused() throws Exception {
        try (Guest guest = guest("incr-refused").start()) {
            assertThat(scene.failure(plan(guest).withLevel(Level.INCREMENTAL)))
                    .hasMessage("domain incr-refused has no point to build on:"
                            + " vda: it is the first point of the domain; vdb: it is the first point of the domain."
                            + " Make a full backup, or let --level auto decide");
            scene.requireClean(guest.name());
        }
    }

    @Test
    void aPointThatLeavesADiskOutDoesNotCostThatDiskItsNextIncrement() throws Exception {
        try (Guest guest = guest("incr-part").start()) {
            History history = history(guest);
            BackupResult both = history.backup();
            guest.write("vda", MIB, 4096, 0x11);
            guest.write("vdb", MIB, 4096, 0x12);
            BackupResult one = history.backup(plan(guest).withDisk("vda"));
            assertThat(disk(one, "vda").level()).isEqualTo(Level.INCREMENTAL);
            scene.requireClean(
                    guest.name(),
                    both.point().manifest().checkpoint(),
                    one.point().manifest().checkpoint());
            guest.write("vda", 2 * MIB, 4096, 0x13);
            BackupResult pushed = scene.backup(plan(guest)
                    .pushingTo(Files.createDirectory(libvirtd.directory().resolve("incr-part-push"))
                            .toString()));
            assertThat(pushed.point().manifest().checkpoint()).isNull();
            assertThat(pushed.point().manifest().checkpointReason()).isEqualTo("nothing can build on a push");
            scene.requireClean(
                    guest.name(),
                    both.point().manifest().checkpoint(),
                    one.point().manifest().checkpoint());

            BackupResult all = history.backup();
            assertThat(all.point().manifest().parent().point())
                    .isEqualTo(both.point().id());
            assertThat(all.point().manifest().previous().point())
                    .isEqualTo(pushed.point().id());
            assertThat(all.point().manifest().disks())
                    .extracting(ManifestDisk::level)
                    .containsOnly(Level.INCREMENTAL);
            scene.requireClean(guest.name(), all.point().manifest().checkpoint());
            history.requireDisks();
        }
    }

    @Test
    void oneImageThatCannotKeepBitmapsCostsOnlyItsOwnDiskTheNextIncrement() throws Exception {
        Path old = libvirtd.directory().resolve("disks/incr-old.qcow2");
        tools.run(List.of("qemu-img", "create", "-q", "-f", "qcow2", "-o", "compat=0.10", old.toString(), "3M"));
        Guest.Builder three = guest("incr-old").disk(GuestDisk.existing(old, "qcow2"));
        try (Guest guest = three.disk(GuestDisk.raw(2 * MIB).pattern(8)).start()) {
            History history = history(guest);
            BackupResult first = history.backup();
            assertThat(first.notices())
                    .extracting(Notice::text)
                    .containsExactly(
                            "disk vdc has no bitmap of changes (its image cannot keep bitmaps): every backup of it"
                                    + " reads all of it",
                            "disk vdd has no bitmap of changes (its format is raw): every backup of it reads all of it");
            assertThat(disk(first, "vda").bitmap())
                    .isEqualTo(first.point().manifest().checkpoint())
                    .isNotNull();
            assertThat(disk(first, "vdc").bitmap()).isNull();
            guest.write("vda", MIB, 4096, 0x11);
            guest.write("vdc", MIB, 4096, 0x12);
            guest.write("vdd", MIB, 4096, 0x13);
            BackupResult next = history.backup();

            assertThat(next.point().manifest().disks())
                    .extracting(ManifestDisk::level)
                    .containsOnly(Level.INCREMENTAL);
            String differs = "what differs from point " + first.point().id() + ", found by reading all of it: ";
            assertThat(disk(next, "vdc").reason())
                    .isEqualTo(differs + "point " + first.point().id() + " made no bitmap of it");
            assertThat(disk(next, "vdd").reason())
                    .isEqualTo(differs + "its format is raw, which keeps no bitmap of changes");
            assertThat(next.notices()).isEqualTo(first.notices());
            scene.requireClean(guest.name(), next.point().manifest().checkpoint());
            history.requireTruth();
        }
    }

    @Test
    void aDamagedParentCostsOnlyTheDiskThatWouldBuildOnIt() throws Exception {
        try (Guest guest = guest("incr-damage").start()) {
            History history = history(guest);
            Path image = history.backup().point().folder().resolve("vdb.qcow2");
            Path aside = Files.move(image, folder.resolve("aside"));
            guest.write("vdb", MIB, 4096, 0x12);
            BackupResult next = history.backup();

            assertThat(disk(next, "vda").level()).isEqualTo(Level.INCREMENTAL);
            assertThat(disk(next, "vdb").level()).isEqualTo(Level.FULL);
            assertThat(disk(next, "vdb").reason())
                    .isEqualTo("what it would build on is damaged: " + image + ": is missing");
            assertThat(next.notices())
                    .extracting(Notice::text)
                    .containsExactly(
                            "disk vdb was copied in full: " + disk(next, "vdb").reason());
            Files.move(aside, image);
            history.requireTruth();
        }
    }

    @Test
    void damageThatWasFoundIsBuiltOnByNoPointAndLeavesTheIntactChain() throws Exception {
        try (Guest guest = guest("incr-known").start()) {
            History history = history(guest);
            BackupResult first = history.backup();
            guest.write("vda", MIB, 4096, 0x12);
            history.backup();
            history.requireTruth();
            BackupResult third = scene.backup(plan(guest).withLevel(Level.FULL));
            Path image = third.point().folder().resolve("vda.qcow2");
            long data;
            try (Qcow2Reader reader = Qcow2Reader.open(image)) {
                List<ImageExtent> extents = reader.extents(0, reader.virtualSize());
                data = extents.stream()
                        .filter(extent -> extent.kind() == ImageExtent.Kind.DATA)
                        .findFirst()
                        .orElseThrow()
                        .hostOffset();
            }
            try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
                file.seek(data);
                int old = file.read();
                file.seek(data);
                file.write(~old);
            }
            assertThat(scene.repository()
                            .verify(VerifyRequest.everything(), ProgressListener.NONE)
                            .join()
                            .lost())
                    .containsOnlyKeys("incr-known@" + third.point().id());

            BackupResult fourth = history.backup();

            assertThat(disk(fourth, "vda").level()).isEqualTo(Level.FULL);
            assertThat(disk(fourth, "vda").reason())
                    .startsWith("what it would build on is damaged: disk vda was found damaged by verify (bytes ");
            assertThat(disk(fourth, "vdb").level()).isEqualTo(Level.INCREMENTAL);
            PruneReport pruned = scene.repository()
                    .prune(PruneRequest.of(guest.name(), Retention.ofLast(3)), ProgressListener.NONE)
                    .join();
            assertThat(pruned.removed()).isEmpty();
            assertThat(scene.repository().points(guest.name()).points())
                    .extracting(Point::id)
                    .contains(first.point().id());
        }
    }

    @Test
    void aPointWhoseNameMayNotLastKeepsAllCheckpointsUntilTheNextRunHasSyncedIt() throws Exception {
        try (Guest guest = guest("incr-unsure").start();
                Libvirt libvirt = scene.connect()) {
            History history = history(guest);
            BackupResult first = history.backup();
            guest.write("vda", MIB, 4096, 0x12);
            Path domain = scene.backups().resolve(guest.name());
            DurableFiles unsure = new DurableFiles((step, path) -> {
                if (step == DurableFiles.Step.SYNC_FOLDER
                        && path.equals(domain)
                        && !newest(guest).equals(first.point())) {
                    throw new IOException("Input/output error");
                }
            });
            BackupRun run = new BackupRun(
                    libvirt,
                    RepositoryStore.open(scene.backups(), unsure),
                    plan(guest),
                    ProgressListener.NONE,
                    CopyBudget.ofOne(),
                    NbdOptions.DEFAULT);

            assertThatThrownBy(run::run)
                    .hasMessageStartingWith("the backup of domain incr-unsure is not safe: " + domain)
                    .hasMessageContaining("(Input/output error). Nothing else was changed; the next backup or 'virtwire"
                            + " recover ");

            DomainPoints points = scene.repository().points(guest.name());
            assertThat(points.points()).hasSize(2);
            assertThat(points.unfinished()).hasSize(1);
            assertThat(libvirt.domain(guest.name()).join().checkpoints().list().join())
                    .hasSize(2);
            BackupResult next = history.backup();
            assertThat(next.point().manifest().parent().point())
                    .isEqualTo(points.points().get(1).id());
            scene.requireClean(guest.name(), next.point().manifest().checkpoint());
            history.requireTruth();
        }
    }

    @Test
    void anIncrementOfAHugeSparseDiskCostsWhatChanged() throws Exception {
        long size = 16L << 40;
        Path huge = libvirtd.directory().resolve("disks/incr-huge.qcow2");
        tools.run(List.of("qemu-img", "create", "-q", "-f", "qcow2", huge.toString(), Long.toString(size)));
        for (int i = 0; i < 32; i++) {
            String write = "write -P %d %d 2M".formatted(i + 1, i * (size / 32) + i * 4096);
            tools.run(List.of("qemu-io", "-f", "qcow2", "-c", write, huge.toString()));
        }
        try (Guest guest = Guest.on(libvirtd, "incr-huge")
                .disk(GuestDisk.existing(huge, "qcow2"))
                .start()) {
            BackupResult full = scene.backup(plan(guest));
            guest.write("vda", 3 * (size / 32), 65536, 0x77);
            guest.discard("vda", 4 * (size / 32), 8 * MIB);
            guest.write("vda", size - 512, 512, 0x79);
            BackupResult next = scene.backup(plan(guest));

            assertThat(full.bytesRead()).isLessThan(80 * MIB);
            assertThat(next.bytesRead()).isLessThan(3 * MIB);
            // The first-level table alone has 8 bytes for each 512 MiB.
            assertThat(next.bytesStored()).isLessThan(2 * MIB);
            assertThat(disk(next, "vda").digests().size()).isLessThan(1000);
            assertThat(scene.repository()
                            .verify(VerifyRequest.everything(), ProgressListener.NONE)
                            .join()
                            .intact())
                    .isTrue();
            Path image = next.point().folder().resolve("vda.qcow2");
            tools.check(image);
            tools.run(List.of(
                    "qemu-img", "compare", "-U", "-f", "qcow2", "-F", "qcow2", huge.toString(), image.toString()));
        }
    }

    @Test
    void aParentThatIsTakenAwayDuringTheCopyIsNotBuiltOn() throws Exception {
        try (Guest guest = guest("incr-gone").start()) {
            Point parent = scene.backup(plan(guest)).point();
            guest.write("vda", 10 * MIB, MIB, 0x31);
            Path aside = folder.resolve("aside");

            assertThat(scene.failure(plan(guest).withDisk("vda"), Scene.inMidCopy(() -> move(parent.folder(), aside))))
                    .hasMessageContaining(parent.folder() + ": is gone or is another point now");

            move(aside, parent.folder());
            scene.requireClean(guest.name(), parent.manifest().checkpoint());
        }
    }

    private static void move(Path from, Path to) {
        try {
            Files.move(from, to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aDifferentialHoldsWhatChangedSinceThePointThatWasNamed() throws Exception {
        try (Guest guest = guest("incr-diff").start()) {
            History history = history(guest);
            BackupResult full = history.backup(plan(guest).withLevel(Level.FULL).keepingFullCheckpoint());
            String kept = full.point().manifest().checkpoint();
            scene.requireClean(guest.name(), kept);
            BackupResult next = full;
            for (int i = 1; i < 4; i++) {
                guest.write("vda", i * 10 * MIB, MIB, 0x20 + i);
                BackupRequest plan = plan(guest).keepingFullCheckpoint();
                next = history.backup(i == 2 ? plan : plan.since(full.point().id()));
                scene.requireClean(guest.name(), kept, next.point().manifest().checkpoint());
            }
            assertThat(next.point().manifest().level()).isEqualTo(Level.DIFFERENTIAL);
            assertThat(next.point().id()).contains("-differential");
            assertThat(next.point().manifest().parent().point())
                    .isEqualTo(full.point().id());
            assertThat(next.bytesRead()).isBetween(3 * MIB, 6 * MIB);

            // Without being asked to stay, the checkpoint goes; a differential then reads all of the disks.
            BackupResult last = history.backup();
            scene.requireClean(guest.name(), last.point().manifest().checkpoint());
            assertThat(last.point().manifest().parent().point())
                    .isEqualTo(next.point().id());
            BackupResult read = history.backup(plan(guest).since(full.point().id()));
            assertThat(disk(read, "vda").level()).isEqualTo(Level.DIFFERENTIAL);
            assertThat(disk(read, "vda").reason())
                    .startsWith("what differs from point " + full.point().id() + ", found by reading all of it: its"
                            + " checkpoint " + kept + " is not on the host any more");
            assertThat(read.notices())
                    .extracting(Notice::text)
                    .contains("disk vda holds " + disk(read, "vda").reason());
            assertThat(read.bytesRead()).isGreaterThan(3 * MIB);
            assertThat(read.bytesStored()).isLessThan(6 * MIB);
            assertThatThrownBy(() -> scene.backup(plan(guest).since("20200101T000000Z-full")))
                    .cause()
                    .isInstanceOf(RepositoryException.class)
                    .hasMessageContaining("has no point 20200101T000000Z-full");
            scene.requireClean(guest.name(), read.point().manifest().checkpoint());
            history.requireTruth();
        }
    }
}
