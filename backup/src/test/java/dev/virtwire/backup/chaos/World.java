// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.Backups;
import dev.virtwire.backup.Bitmaps;
import dev.virtwire.backup.RecoverReport;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.checkpoint.Checkpoint;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.remote.CheckpointDeleteFlags;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneReport;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.testkit.Libvirtd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

/** A host with a guest, a repository, and the truth at each of its points. */
final class World {
    private final Libvirtd libvirtd;
    private final ModelGuest guest;
    private final Path scratch;
    private final Path backups;
    private final Map<String, Truth> done = new LinkedHashMap<>();

    /** Keeps everything in {@code scratch}, which is there and empty. */
    World(Libvirtd libvirtd, ModelGuest guest, Path scratch) {
        this.libvirtd = libvirtd;
        this.guest = guest;
        this.scratch = scratch;
        this.backups = scratch.resolve("backups");
    }

    Libvirtd libvirtd() {
        return libvirtd;
    }

    ModelGuest guest() {
        return guest;
    }

    Path scratch() {
        return scratch;
    }

    Path backups() {
        return backups;
    }

    /** Where a child restores to. */
    Path out() {
        return scratch.resolve("out");
    }

    String name() {
        return guest.name();
    }

    Libvirt connect() {
        return Libvirt.connect(libvirtd.unixUri()).join();
    }

    /** Starts a libvirtd again that died in a run that failed: the runs after it shall tell something too. */
    void requireHost() {
        try {
            connect().close();
        } catch (CompletionException e) {
            libvirtd.restart();
        }
    }

    /** A backup said that it is done. */
    void done(String point, Truth truth) {
        done.put(point, truth);
    }

    /** Makes a backup and will hold it to its word. */
    BackupResult backup() throws IOException {
        return backup(BackupRequest.of(name()));
    }

    /** As the other, by this plan. */
    BackupResult backup(BackupRequest plan) throws IOException {
        return backup(backups, plan);
    }

    /** As the other, and tells of its progress. */
    BackupResult backup(BackupRequest plan, ProgressListener listener) throws IOException {
        return backup(backups, plan, listener);
    }

    /** As the other, with the repository seen through another file system. */
    BackupResult backup(Path folder, BackupRequest plan) throws IOException {
        return backup(folder, plan, ProgressListener.NONE);
    }

    private BackupResult backup(Path folder, BackupRequest plan, ProgressListener listener) throws IOException {
        Truth truth = guest.truth();
        try (Libvirt libvirt = connect()) {
            BackupResult result = Backups.of(libvirt, Repository.openOrCreate(folder))
                    .backup(plan, listener)
                    .result()
                    .join();
            done(result.point().id(), truth);
            return result;
        }
    }

    /** What went wrong is over, and nothing is lost: the next backup is made and holds the truth. */
    void requireRecovered() throws Exception {
        requireClean();
        guest.change(1);
        String id = backup().point().id();
        requireClean();
        requireRestored(id);
    }

    /** Clears up, and nothing may be left to clear. */
    RecoverReport recover() {
        RecoverReport report = Backups.recover(
                        Repository.open(backups),
                        () -> Libvirt.connect(libvirtd.unixUri()).join(),
                        ProgressListener.NONE)
                .join();
        assertThat(report.left()).isEmpty();
        assertThat(report.busy()).isEmpty();
        return report;
    }

    /** Nothing remains of what died, neither on the host nor here, and nothing that is needed is gone. */
    void requireClean() throws IOException {
        List<Point> points = Repository.open(backups).points(name()).points();
        String newest = points.isEmpty()
                ? null
                : points.get(points.size() - 1).manifest().checkpoint();
        assertThat(requireNoTraces()).isEqualTo(newest == null ? List.of() : List.of(newest));
    }

    /** Nothing remains of what died but checkpoints of this repository, and these are returned. */
    List<String> requireNoTraces() throws IOException {
        Repository repository = Repository.open(backups);
        String ours = "virtwire-" + repository.id();
        List<String> checkpoints;
        try (Libvirt libvirt = connect()) {
            Domain domain = libvirt.domain(name()).join();
            assertThat(domain.activeBackup().join()).isEmpty();
            assertThat(domain.isActive().join() && domain.jobStatistics().join().isRunning())
                    .isFalse();
            assertThat(libvirt.domains().join())
                    .extracting(Domain::name)
                    .noneMatch(name -> name.startsWith(name() + "-virtwire-"));
            checkpoints = domain.checkpoints().list().join().stream()
                    .map(Checkpoint::name)
                    .filter(name -> name.startsWith(ours))
                    .toList();
            assertThat(new Bitmaps(libvirtd).of(domain))
                    .allSatisfy((target, bitmaps) -> assertThat(bitmaps)
                            .as("bitmaps of %s", target)
                            .filteredOn(name -> name.startsWith(ours))
                            .isSubsetOf(checkpoints));
        }
        try (Stream<Path> disks = Files.walk(libvirtd.directory().resolve("disks"));
                Stream<Path> temporary = Files.list(Path.of("/var/tmp"))) {
            assertThat(Stream.concat(disks, temporary)
                            .filter(path -> path.getFileName().toString().contains(ours)))
                    .isEmpty();
        }
        requireWhole(repository);
        return checkpoints;
    }

    private void requireWhole(Repository repository) throws IOException {
        Path folder = backups.resolve(name());
        try (Stream<Path> list = Files.list(folder)) {
            assertThat(list).allMatch(path -> isWhole(path.getFileName().toString()) || isTombstone(path));
        }
        try (Stream<Path> list = Files.list(folder.resolve(".journal"))) {
            assertThat(list.map(path -> path.getFileName().toString()))
                    .contains("lock")
                    .isSubsetOf("lock", "newest", "damage.lock", "verified-points");
        }
        VerifyReport report = repository
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();
        assertThat(report.damage()).isEmpty();
        assertThat(report.notices()).isEmpty();
        assertThat(repository.points(name()).points()).extracting(Point::id).containsAll(done.keySet());
    }

    private static boolean isWhole(String name) {
        return name.equals(".journal") || name.matches("20\\d{6}T\\d{6}Z-[a-z]+(-\\d+)?");
    }

    /** Says that a point was removed on purpose, and holds nothing. */
    private static boolean isTombstone(Path path) {
        String[] inside = path.toFile().list();
        return path.getFileName().toString().endsWith(".removed") && inside != null && inside.length == 0;
    }

    /** A point holds the truth of its beginning, by our restore and by qemu-img alone. */
    void requireRestored(String id) throws Exception {
        Repository repository = Repository.open(backups);
        Point point = repository.point(name(), id);
        Truth truth = done.get(id);
        Path restored = scratch.resolve("restored");
        deleteTree(restored);
        repository
                .restore(RestoreRequest.of(point, restored).withFormat(ImageFormat.RAW), ProgressListener.NONE)
                .join();
        for (ManifestDisk disk : point.manifest().disks()) {
            String target = disk.target();
            truth.requireRaw(target, restored.resolve(name() + "-" + target + ".raw"));
            Path image = point.folder().resolve(disk.image().file());
            truth.requireQcow2(target, image);
            truth.requireConverted(target, image, scratch.resolve("converted.raw"));
        }
    }

    /** Whatever is under way, nothing that there is reads as damage. */
    void requireNoDamage() {
        VerifyReport report = Repository.open(backups)
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();
        assertThat(report.damage()).isEmpty();
        assertThat(report.notices()).isEmpty();
    }

    /** Every point that said done does so. */
    void requireAllRestored() throws Exception {
        for (String id : done.keySet()) {
            requireRestored(id);
        }
    }

    /** Prunes all but so many of the newest points, and finishes what an earlier pruning left. */
    void prune(int newest) {
        PruneReport report = Repository.open(backups)
                .prune(PruneRequest.of(name(), Retention.ofLast(newest)), ProgressListener.NONE)
                .join();
        assertThat(report.damage()).isEmpty();
        pruned(newest);
    }

    /** All but so many of the newest points may be gone, and what is gone is not missed. */
    void pruned(int newest) {
        List<String> ids = List.copyOf(done.keySet());
        List<String> there = Repository.open(backups).points(name()).points().stream()
                .map(Point::id)
                .toList();
        for (String id : ids.subList(0, ids.size() - newest)) {
            if (!there.contains(id)) {
                done.remove(id);
            }
        }
    }

    /** The truth of a point. */
    Truth truthOf(String id) {
        return done.get(id);
    }

    /** The points that nobody heard to be done. */
    List<String> unheard() {
        return Repository.open(backups).points(name()).points().stream()
                .map(Point::id)
                .filter(id -> !done.containsKey(id))
                .toList();
    }

    /** Whether there is anything of the domain to clear up after. */
    boolean exists() {
        return Files.exists(backups.resolve("virtwire.json")) && Files.isDirectory(backups.resolve(name()));
    }

    private static void delete(Checkpoint checkpoint) {
        try {
            checkpoint.delete().join();
        } catch (CompletionException e) {
            // A QEMU that was killed has lost the bitmap; what libvirt 9.0 still knows, it can only forget.
            assertThat(e).hasMessageContaining("not found in backing chain");
            checkpoint.delete(CheckpointDeleteFlags.METADATA_ONLY).join();
        }
    }

    /** Gives up the repository, and takes from the host what is of it. */
    void discard() throws IOException {
        try (Libvirt libvirt = connect()) {
            Domain domain = libvirt.domain(name()).join();
            if (domain.activeBackup().join().isPresent()) {
                domain.attachBackup().join().abort().join();
            }
            String ours = exists() ? "virtwire-" + Repository.open(backups).id() : "none";
            for (Checkpoint checkpoint : domain.checkpoints().list().join()) {
                if (checkpoint.name().startsWith(ours)) {
                    delete(checkpoint);
                }
            }
        }
        deleteTree(backups);
        deleteTree(out());
        for (Truth truth : done.values()) {
            for (Path file : truth.disks().values()) {
                Files.deleteIfExists(file);
            }
        }
        done.clear();
    }

    static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> walk = Files.walk(folder)) {
            all = walk.sorted((one, other) -> other.compareTo(one)).toList();
        }
        for (Path path : all) {
            Files.delete(path);
        }
    }
}
