// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.years;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.Backups;
import dev.virtwire.backup.BatchRequest;
import dev.virtwire.backup.DomainOutcome;
import dev.virtwire.backup.chaos.ChildJava;
import dev.virtwire.backup.chaos.Programs;
import dev.virtwire.client.Libvirt;
import dev.virtwire.image.Compression;
import dev.virtwire.repository.DomainPoints;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.LostRange;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointDamage;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.RestoreResult;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The repository by a faked clock, and the truth of each of its points. */
final class Archive {
    private final String domain;
    private final Path folder;
    private final Path scratch;
    private final Retention retention;
    private final FakeClock clock;
    private final Map<String, Map<String, Blocks>> truths = new LinkedHashMap<>();

    /** Of one domain, in {@code scratch}. */
    Archive(String domain, Path scratch, Retention retention, FakeClock clock) {
        this.domain = domain;
        this.folder = scratch.resolve("backups");
        this.scratch = scratch;
        this.retention = retention;
        this.clock = clock;
    }

    private RepositoryStore repository() {
        return RepositoryStore.openOrCreate(folder, DurableFiles.PLAIN).by(clock);
    }

    /** What there is of the domain. */
    DomainPoints points() {
        return repository().points(domain);
    }

    /** The folder of a point. */
    Path folder(String point) {
        return folder.resolve(domain).resolve(point);
    }

    /** The folder of all points. */
    Path folder() {
        return folder.resolve(domain);
    }

    /** As {@code virtwire backup --keep-…} does: a point, and what no rule keeps goes. */
    DomainOutcome backup(String uri, Compression compression, ProgressListener listener) {
        BackupRequest request = BackupRequest.of(domain).withCompression(compression);
        try (Libvirt libvirt = Libvirt.connect(uri).join()) {
            return Backups.of(libvirt, repository())
                    .backupAll(BatchRequest.of(List.of(request)).keeping(retention), any -> listener)
                    .join()
                    .domains()
                    .get(0);
        }
    }

    /** The same by a program that dies before that many changes to files; returns what it said. */
    String backupAndDie(String uri, Compression compression, int changes) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(ChildJava.command(false, DailyChild.class));
        command.addAll(List.of(
                uri,
                domain,
                folder.toString(),
                clock.instant().toString(),
                compression.name(),
                Integer.toString(retention.daily()),
                Integer.toString(retention.monthly()),
                Integer.toString(retention.yearly()),
                Integer.toString(changes)));
        Programs.Result result = Programs.tryRun(command);
        assertThat(result.code()).as(result.output()).isIn(0, 137);
        return result.output();
    }

    /** Points that are not known yet hold this. */
    List<String> learn(Map<String, Blocks> truth) {
        List<String> learned = new ArrayList<>();
        for (Point point : points().points()) {
            if (truths.putIfAbsent(point.id(), truth) == null) {
                learned.add(point.id());
            }
        }
        return learned;
    }

    /** Forgets the truth of points that are gone. */
    void forgetGone() {
        truths.keySet().removeIf(id -> Files.notExists(folder(id)));
    }

    VerifyReport verify() {
        return repository()
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();
    }

    /** What is known to be lost of a point, as blocks by target. */
    Map<String, BitSet> known(String point) {
        PointDamage damage = points().known(point);
        return blocks(damage == null ? List.of() : damage.lost());
    }

    private static Map<String, BitSet> blocks(List<LostRange> ranges) {
        Map<String, BitSet> blocks = new LinkedHashMap<>();
        for (LostRange range : ranges) {
            blocks.computeIfAbsent(range.disk(), any -> new BitSet())
                    .set((int) (range.offset() / Blocks.BLOCK), Blocks.count(range.offset() + range.length()));
        }
        return blocks;
    }

    /**
     * A point is restored but for what is recorded, and the rest is the truth; what is recorded, qemu-img cannot read
     * right either.
     *
     * @param unproven disks of which that is not so: if the root proves nothing, since an image is damaged too, no
     *     block is proven whose digest is lost
     */
    void requireAsRecorded(String id, Set<String> unproven) throws IOException, InterruptedException {
        Point point = repository().point(domain, id);
        Map<String, BitSet> recorded = known(id);
        Path out = scratch.resolve("restored");
        RestoreRequest request =
                RestoreRequest.of(point, out).withFormat(ImageFormat.RAW).replacing();
        RestoreResult result = repository()
                .restore(recorded.isEmpty() ? request : request.salvaging(), ProgressListener.NONE)
                .join();
        assertThat(blocks(result.lost())).as("lost of %s", id).isEqualTo(recorded);
        for (Map.Entry<String, Blocks> disk : truths.get(id).entrySet()) {
            String target = disk.getKey();
            Path raw = out.resolve(domain + "-" + target + ".raw");
            BitSet wrong = disk.getValue().wrongIn(raw);
            wrong.andNot(recorded.getOrDefault(target, new BitSet()));
            assertThat(wrong.isEmpty())
                    .as("blocks of %s of %s that are wrong and not recorded: %s", target, id, wrong)
                    .isTrue();
            Files.delete(raw);
            if (recorded.containsKey(target) && !unproven.contains(target)) {
                ManifestDisk inPoint = point.manifest().disk(target);
                // What it cannot read becomes zeros, and that is said with the exit code.
                Programs.tryRun(List.of(
                        "qemu-img",
                        "convert",
                        "--salvage",
                        "-O",
                        "raw",
                        point.folder().resolve(inPoint.image().file()).toString(),
                        raw.toString()));
                BitSet right = (BitSet) recorded.get(target).clone();
                right.andNot(disk.getValue().wrongIn(raw));
                assertThat(right.isEmpty())
                        .as(
                                "blocks of %s of %s that QEMU reads right although they are recorded: %s",
                                target, id, right)
                        .isTrue();
                Files.delete(raw);
            }
        }
    }

    /** Bytes that the domain's folder takes on the disk. */
    long used() throws IOException, InterruptedException {
        return used(folder());
    }

    /** The same of the points written again by qemu-img, each on the one before. */
    long usedByQemu() throws IOException, InterruptedException {
        Path out = Files.createDirectory(scratch.resolve("again"));
        Map<String, Path> before = new LinkedHashMap<>();
        for (Point point : points().points()) {
            for (ManifestDisk disk : point.manifest().disks()) {
                Path image = out.resolve(point.id() + "-" + disk.target() + ".qcow2");
                List<String> command = new ArrayList<>(List.of("qemu-img", "convert", "--salvage", "-O", "qcow2"));
                if (!disk.image().compression().equals("none")) {
                    command.addAll(List.of("-c", "-o", "compression_type=zstd"));
                }
                Path backing = before.get(disk.target());
                if (backing != null && disk.image().backing() != null) {
                    command.addAll(List.of("-B", backing.toString(), "-F", "qcow2"));
                }
                command.addAll(
                        List.of(point.folder().resolve(disk.image().file()).toString(), image.toString()));
                Programs.tryRun(command);
                assertThat(image).exists();
                before.put(disk.target(), image);
            }
        }
        return used(out);
    }

    private static long used(Path folder) throws IOException, InterruptedException {
        return Long.parseLong(Programs.run(List.of("du", "-s", "--block-size=1", folder.toString()))
                .split("\\s")[0]);
    }
}
