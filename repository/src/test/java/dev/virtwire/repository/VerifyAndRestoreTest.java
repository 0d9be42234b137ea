// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.ImageAccess;
import dev.virtwire.image.ImageChain;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Sha256;
import dev.virtwire.repository.internal.store.PointRemoval;
import dev.virtwire.repository.manifest.DomainIdentity;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyAndRestoreTest {
    @TempDir
    Path folder;

    private final Random random = new Random(17);
    private final List<Map<String, MemoryDisk>> states = new ArrayList<>();
    private final List<Point> points = new ArrayList<>();
    private Repository repository;

    @BeforeEach
    void makeAFullPointAndTwoIncrements() throws IOException {
        PointMaker maker = new PointMaker(folder.resolve("backups"));
        states.add(Map.of("vda", MemoryDisk.random(4 << 20, random), "vdb", MemoryDisk.random(1_049_088, random)));
        points.add(maker.full(states.get(0)));
        for (int i = 0; i < 2; i++) {
            Map<String, MemoryDisk> before = states.get(i);
            states.add(Map.of(
                    "vda", before.get("vda").later(random),
                    "vdb", before.get("vdb").later(random)));
            points.add(maker.increment(states.get(i + 1), points.get(i)));
        }
        repository = Repository.open(folder.resolve("backups"));
    }

    @Test
    void everyPointIsFoundIntact() {
        List<Progress> heard = new ArrayList<>();
        VerifyReport report =
                repository.verify(VerifyRequest.everything(), heard::add).join();

        assertThat(report.damage()).isEmpty();
        assertThat(report.notices()).isEmpty();
        assertThat(report.intact()).isTrue();
        assertThat(report.points()).hasSize(3).allMatch(name -> name.startsWith("web1@20261122T19"));
        assertThat(report.bytes()).isEqualTo(heard.get(heard.size() - 1).bytesTotal());
        assertThat(heard.get(heard.size() - 1).phase()).isEqualTo(Progress.Phase.DONE);
        assertThat(repository
                        .verify(VerifyRequest.ofPoint("web1", points.get(1).id()), ProgressListener.NONE)
                        .join()
                        .points())
                .hasSize(2);
    }

    @Test
    void everyPointIsRestoredAsItWas() throws Exception {
        for (int i = 0; i < points.size(); i++) {
            for (ImageFormat format : ImageFormat.values()) {
                Path out = folder.resolve("out-" + i + format);
                RestoreResult result = repository
                        .restore(RestoreRequest.of(points.get(i), out).withFormat(format), ProgressListener.NONE)
                        .join();

                assertThat(result.files())
                        .containsExactlyInAnyOrder(
                                out.resolve("web1-vda." + format),
                                out.resolve("web1-vdb." + format),
                                out.resolve("web1-domain.xml"));
                assertThat(list(out)).hasSize(3);
                for (String target : List.of("vda", "vdb")) {
                    assertThat(content(out.resolve("web1-" + target + "." + format), format))
                            .as("%s at point %d as %s", target, i, format)
                            .isEqualTo(states.get(i).get(target).content);
                }
                assertThat(Files.readString(out.resolve("web1-domain.xml"))).startsWith("<domain>");
            }
        }
    }

    private static byte[] content(Path image, ImageFormat format) throws IOException {
        try (ImageChain chain = ImageChain.open(image, format.toString(), ImageAccess.anywhere())) {
            ByteBuffer content = ByteBuffer.allocate((int) chain.virtualSize());
            chain.read(0, content);
            return content.array();
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> list = Files.list(folder)) {
            return list.toList();
        }
    }

    @Test
    void chosenDisksAreRestoredAlone() throws Exception {
        Path out = folder.resolve("out");
        repository
                .restore(RestoreRequest.of(points.get(2), out).withDisks(Set.of("vdb")), ProgressListener.NONE)
                .join();
        assertThat(list(out)).containsExactlyInAnyOrder(out.resolve("web1-vdb.qcow2"), out.resolve("web1-domain.xml"));

        assertThatThrownBy(() -> repository
                        .restore(RestoreRequest.of(points.get(2), out).withDisks(Set.of("vdc")), ProgressListener.NONE)
                        .join())
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("has no disk vdc; it has ");
    }

    @Test
    void filesAreReplacedOnlyWhereThatIsAsked() throws Exception {
        Path out = Files.createDirectory(folder.resolve("out"));
        Files.writeString(out.resolve("web1-vdb.qcow2"), "mine");
        RestoreRequest request = RestoreRequest.of(points.get(0), out);

        assertThatThrownBy(
                        () -> repository.restore(request, ProgressListener.NONE).join())
                .isInstanceOf(RepositoryException.class)
                .hasMessage(
                        out.resolve("web1-vdb.qcow2") + " exists already: choose another folder, or allow replacing");
        assertThat(list(out)).containsExactly(out.resolve("web1-vdb.qcow2"));
        repository.restore(request.replacing(), ProgressListener.NONE).join();
        assertThat(content(out.resolve("web1-vdb.qcow2"), ImageFormat.QCOW2))
                .isEqualTo(states.get(0).get("vdb").content);
    }

    @Test
    void aFileWithoutASecondNameComesBackAfterAFailureToo_andWhatAnEarlierRunKeptStays() throws Exception {
        Path out = Files.createDirectory(folder.resolve("out"));
        Path mine = Files.writeString(out.resolve("web1-vdb.qcow2"), "mine");
        Path kept = Files.writeString(out.resolve(".web1-vdb.qcow2.replaced"), "kept by a run that was killed");
        DurableFiles withoutLinks = new DurableFiles((step, path) -> {
            if (step == DurableFiles.Step.LINK) {
                throw new FileSystemException(path.toString(), null, "Operation not permitted");
            }
            if (step == DurableFiles.Step.RENAME && path.endsWith("web1-domain.xml")) {
                throw new IOException("no more");
            }
        });

        assertThatThrownBy(() -> RepositoryStore.open(folder.resolve("backups"), withoutLinks)
                        .restore(RestoreRequest.of(points.get(0), out).replacing(), ProgressListener.NONE)
                        .join())
                .hasMessage("cannot restore to " + out + ": no more")
                .satisfies(e -> assertThat(e.getSuppressed()).isEmpty());

        assertThat(list(out)).containsExactlyInAnyOrder(mine, kept);
        assertThat(mine).hasContent("mine");
        repository
                .restore(RestoreRequest.of(points.get(0), out).replacing(), ProgressListener.NONE)
                .join();
        assertThat(kept).hasContent("kept by a run that was killed");
        assertThat(list(out)).hasSize(4);
    }

    @Test
    void aFileThatAGuestHasOpenIsNotReplaced() throws Exception {
        Path out = Files.createDirectory(folder.resolve("out"));
        Path open = Files.writeString(out.resolve("web1-vdb.qcow2"), "x".repeat(512));
        try (FileChannel guest = FileChannel.open(open, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            // One of the bytes that QEMU locks in each image that it uses.
            FileLock lock = guest.lock(101, 1, true);
            assertThatThrownBy(() -> repository
                            .restore(RestoreRequest.of(points.get(0), out).replacing(), ProgressListener.NONE)
                            .join())
                    .isInstanceOf(RepositoryException.class)
                    .hasMessageStartingWith(open + " is in use by a guest or another program");
            lock.release();
        }
        assertThat(list(out)).containsExactly(open);
        assertThat(open).hasSize(512);
    }

    @Test
    void aPointOfAnotherDomainIsFoundAndNotRestored() throws Exception {
        PointMaker maker = new PointMaker(folder.resolve("backups")).of(new DomainIdentity("web2", new UUID(1, 2)));
        Point alien = maker.full(Map.of("vda", MemoryDisk.random(1 << 20, random)));

        VerifyReport report = repository
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();

        assertThat(report.damage()).singleElement().satisfies(finding -> {
            assertThat(finding.file()).isEqualTo(alien.folder().resolve("manifest.json"));
            assertThat(finding.message()).startsWith("is of domain web2 with UUID ");
        });
        assertThatThrownBy(() -> repository.newestPoint("web1")).isInstanceOf(DamagedException.class);
        Path out = folder.resolve("out");
        assertThatThrownBy(() -> repository
                        .restore(RestoreRequest.of(repository.point("web1", alien.id()), out), ProgressListener.NONE)
                        .join())
                .isInstanceOf(DamagedException.class)
                .hasMessageContaining("is of domain web2 with UUID ");
        assertThat(out).doesNotExist();
        repository
                .restore(RestoreRequest.of(points.get(2), out), ProgressListener.NONE)
                .join();
    }

    @Test
    void aPointOfANewerVersionIsNoObstacleToARestoreOfAnother() throws Exception {
        Path manifest = points.get(2).folder().resolve(Names.MANIFEST);
        String newer = Files.readString(manifest).replaceFirst("\"version\" : \\d+", "\"version\" : 99");
        Files.writeString(manifest, newer);
        Files.writeString(
                points.get(2).folder().resolve(Names.MANIFEST_SUM),
                Sha256.sumLine(Sha256.of(newer.getBytes(StandardCharsets.UTF_8)), Names.MANIFEST));
        assertThatThrownBy(() -> repository.point("web1", points.get(2).id())).hasMessageContaining("version 99");

        RestoreResult restored = repository
                .restore(RestoreRequest.of(points.get(1), folder.resolve("out")), ProgressListener.NONE)
                .join();

        assertThat(restored.files()).isNotEmpty();
    }

    @Test
    void aPruneWhileAVerificationRunsIsNoDamage() throws Exception {
        AtomicBoolean pruned = new AtomicBoolean();

        VerifyReport report = repository
                .verify(VerifyRequest.everything(), progress -> {
                    if (progress.bytesMoved() > 0 && pruned.compareAndSet(false, true)) {
                        removeAll();
                    }
                })
                .join();

        assertThat(report.damage()).isEmpty();
        assertThat(report.notices())
                .extracting(Notice::text)
                .containsExactlyInAnyOrderElementsOf(points.stream()
                        .map(point -> point.folder() + " was removed while the verification ran")
                        .toList());
        assertThat(report.points()).isEmpty();
    }

    @Test
    void aPruneWhileAPointIsRestoredIsNoDamage() {
        Path out = folder.resolve("out");
        assertThatThrownBy(() -> repository
                        .restore(RestoreRequest.of(points.get(2), out), progress -> {
                            if (progress.phase() == Progress.Phase.COPYING) {
                                removeAll();
                            }
                        })
                        .join())
                .isInstanceOf(RepositoryException.class)
                .isNotInstanceOf(DamagedException.class)
                .hasMessageStartingWith(
                        "point " + points.get(2).id() + " of domain web1 was removed while it was read");
        assertThat(out).doesNotExist();
    }

    /** As a prune does that no rule holds back: children before their parents. */
    private void removeAll() {
        PointRemoval removal = new PointRemoval(RepositoryStore.open(folder.resolve("backups"), DurableFiles.PLAIN)
                .domain("web1"));
        for (int i = points.size() - 1; i >= 0; i--) {
            try {
                if (Files.exists(points.get(i).folder())) {
                    removal.remove(points.get(i).id());
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void everyFlippedBitIsFoundWithItsPlaceAndNothingWrongIsRestored() throws Exception {
        Path backups = folder.resolve("backups");
        List<Path> files;
        try (Stream<Path> walk = Files.walk(backups)) {
            files = walk.filter(path ->
                            Files.isRegularFile(path) && !path.toString().contains("lock"))
                    .sorted()
                    .toList();
        }
        assertThat(files).hasSize(2 + 1 + 3 * 7);
        for (Path file : files) {
            for (int i = 0; i < 3; i++) {
                long size = Files.size(file);
                long offset = i == 0 ? 0 : i == 1 ? size - 1 : (long) (random.nextDouble() * size);
                flip(file, offset, 1 << random.nextInt(8));
                assertFoundAndNotRestored(file, offset);
                flip(file, offset, lastMask);
            }
        }
        assertThat(repository
                        .verify(VerifyRequest.everything(), ProgressListener.NONE)
                        .join()
                        .intact())
                .isTrue();
    }

    private int lastMask;

    private void flip(Path file, long offset, int mask) throws IOException {
        lastMask = mask;
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.seek(offset);
            int value = open.read();
            open.seek(offset);
            open.write(value ^ mask);
        }
    }

    private void assertFoundAndNotRestored(Path file, long offset) throws IOException {
        String what = "byte " + offset + " of " + file;
        List<Finding> damage;
        try {
            damage = Repository.open(folder.resolve("backups"))
                    .verify(VerifyRequest.everything(), ProgressListener.NONE)
                    .join()
                    .damage();
        } catch (DamagedException e) {
            damage = e.findings();
        }
        assertThat(damage).as(what).anySatisfy(finding -> {
            assertThat(finding.file()).isEqualTo(file);
            assertThat(finding.length()).isPositive();
            assertThat(offset).isBetween(finding.offset(), finding.offset() + finding.length() - 1);
        });
        if (file.endsWith(Names.NEWEST)) {
            return;
        }
        // The newest point needs everything but the domain XML of the others.
        Point asked = points.stream()
                .filter(point -> file.equals(point.folder().resolve("domain.xml")))
                .findFirst()
                .orElse(points.get(2));
        Path out = folder.resolve("restored");
        try {
            RestoreResult result = Repository.open(folder.resolve("backups"))
                    .restore(RestoreRequest.of(asked, out), ProgressListener.NONE)
                    .join();
            assertThat(result.damage()).as(what).extracting(Finding::file).contains(file);
            for (String target : List.of("vda", "vdb")) {
                assertThat(content(out.resolve("web1-" + target + ".qcow2"), ImageFormat.QCOW2))
                        .as(what)
                        .isEqualTo(states.get(2).get(target).content);
            }
            for (Path each : list(out)) {
                Files.delete(each);
            }
            Files.delete(out);
        } catch (DamagedException e) {
            assertThat(e.findings()).as(what).extracting(Finding::file).contains(file);
        }
        assertThat(out).as(what).doesNotExist();
    }

    @Test
    void filesThatAreCutOrTooLongOrMissingAreFound() throws Exception {
        for (String name : List.of("vda.qcow2", "vda.digests", "domain.xml")) {
            Path file = points.get(0).folder().resolve(name);
            byte[] good = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(good, good.length - 3));
            assertThat(damage())
                    .anySatisfy(finding -> assertThat(finding.toString())
                            .isEqualTo(file + ", bytes " + (good.length - 3) + " to " + (good.length - 1)
                                    + ": missing: the file is " + (good.length - 3) + " bytes long, should be "
                                    + good.length));
            Files.write(file, Arrays.copyOf(good, good.length + 5));
            assertThat(damage()).anySatisfy(finding -> {
                assertThat(finding.file()).isEqualTo(file);
                assertThat(finding.offset()).isEqualTo(good.length);
                assertThat(finding.length()).isEqualTo(5);
            });
            Files.delete(file);
            assertThat(damage())
                    .anySatisfy(finding -> assertThat(finding.toString()).isEqualTo(file + ": is missing"));
            Files.write(file, good);
        }
        assertThat(damage()).isEmpty();
    }

    private List<Finding> damage() {
        return repository
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join()
                .damage();
    }

    @Test
    void aParentThatIsMissingOrReplacedStopsVerificationAndRestore() throws Exception {
        Path parent = points.get(1).folder();
        Path aside = folder.resolve("aside");
        Files.move(parent, aside);
        String id = points.get(1).id();
        assertThat(damage())
                .extracting(Finding::toString)
                .containsExactly(parent + ": is missing, and " + points.get(2).id() + " builds on it");
        assertThatThrownBy(() -> repository
                        .restore(RestoreRequest.of(points.get(2), folder.resolve("out")), ProgressListener.NONE)
                        .join())
                .isInstanceOf(DamagedException.class)
                .hasMessageContaining(id + ": is missing");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void aFileThatBelongsToNoPointIsMentioned() throws Exception {
        Path strange = Files.writeString(points.get(0).folder().resolve("notes.txt"), "x");
        VerifyReport report = repository
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();
        assertThat(report.intact()).isTrue();
        assertThat(report.notices()).containsExactly(Notice.information(strange + " does not belong to the point"));
    }
}
