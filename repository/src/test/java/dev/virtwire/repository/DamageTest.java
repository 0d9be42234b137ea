// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.ImageAccess;
import dev.virtwire.image.ImageChain;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.ImageExtent;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.damage.DamageRecord;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Sha256;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.store.DomainStore;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found damaged is remembered for exactly those points, disks and ranges that it takes something from. */
class DamageTest {
    private static final int BLOCK = 1 << 20;

    @TempDir
    Path folder;

    private final long seed = Long.getLong("damage.seed", new Random().nextLong());
    private final Random random = new Random(seed);
    private final List<Map<String, MemoryDisk>> states = new ArrayList<>();
    private final List<Point> points = new ArrayList<>();
    private PointMaker maker;
    private Repository repository;
    private DomainStore domain;

    /** A full point, two increments, and beside these an increment that builds on the full point too. */
    @BeforeEach
    void makePoints() throws IOException {
        System.out.println("damage.seed=" + seed);
        maker = new PointMaker(folder.resolve("backups"));
        add(Map.of("vda", MemoryDisk.random(6 << 20, random), "vdb", MemoryDisk.random(2_100_224, random)), null);
        add(later(0), points.get(0));
        add(later(1), points.get(1));
        add(later(0), points.get(0));
        repository = Repository.open(folder.resolve("backups"));
        domain = RepositoryStore.open(folder.resolve("backups"), DurableFiles.PLAIN)
                .domain("web1");
    }

    private Map<String, MemoryDisk> later(int state) {
        return Map.of(
                "vda", states.get(state).get("vda").later(random),
                "vdb", states.get(state).get("vdb").later(random));
    }

    private void add(Map<String, MemoryDisk> disks, Point parent) throws IOException {
        states.add(disks);
        points.add(parent == null ? maker.full(disks) : maker.increment(disks, parent));
    }

    private VerifyReport verify(VerifyDepth depth) {
        return repository
                .verify(VerifyRequest.everything().withDepth(depth), ProgressListener.NONE)
                .join();
    }

    private void flip(Path file, long offset, int mask) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.seek(offset);
            int value = open.read();
            open.seek(offset);
            open.write(value ^ mask);
        }
    }

    /** What the guest had there, not what nothing needs. */
    private void flipData(Path image) throws IOException {
        try (Qcow2Reader reader = Qcow2Reader.open(image)) {
            flip(
                    image,
                    reader.extents(0, reader.virtualSize()).stream()
                            .filter(extent -> extent.kind() == ImageExtent.Kind.DATA)
                            .findFirst()
                            .orElseThrow()
                            .hostOffset(),
                    255);
        }
    }

    private Path image(int point, String target) {
        return points.get(point).folder().resolve(target + ".qcow2");
    }

    /** The blocks that qemu-img's way of reading, image over image, does not give as they were. */
    private Map<String, List<LostRange>> truth() throws IOException {
        Map<String, List<LostRange>> truth = new TreeMap<>();
        for (int i = 0; i < points.size(); i++) {
            List<LostRange> lost = new ArrayList<>();
            for (String target : List.of("vda", "vdb")) {
                lost.addAll(lost(i, target));
            }
            if (!lost.isEmpty()) {
                truth.put("web1@" + points.get(i).id(), lost);
            }
        }
        return truth;
    }

    private List<LostRange> lost(int point, String target) throws IOException {
        byte[] content = states.get(point).get(target).content;
        List<LostRange> lost = new ArrayList<>();
        for (int at = 0; at < content.length; at += BLOCK) {
            int length = Math.min(BLOCK, content.length - at);
            if (!Arrays.equals(read(image(point, target), at, length), Arrays.copyOfRange(content, at, at + length))) {
                LostRange last = lost.isEmpty() ? null : lost.get(lost.size() - 1);
                if (last != null && last.offset() + last.length() == at) {
                    lost.set(lost.size() - 1, new LostRange(target, last.offset(), last.length() + length));
                } else {
                    lost.add(new LostRange(target, at, length));
                }
            }
        }
        return lost;
    }

    private static byte[] read(Path image, long offset, int length) throws IOException {
        try (ImageChain chain = ImageChain.open(image, "qcow2", ImageAccess.anywhere())) {
            ByteBuffer content = ByteBuffer.allocate(length);
            chain.read(offset, content);
            return content.array();
        } catch (ImageException e) {
            return new byte[0];
        }
    }

    private Map<String, List<LostRange>> recorded() {
        Map<String, List<LostRange>> recorded = new TreeMap<>();
        for (PointDamage damage : repository.points("web1").known()) {
            if (!damage.lost().isEmpty()) {
                List<LostRange> lost = new ArrayList<>(damage.lost());
                lost.sort((one, other) -> (one.disk() + one.offset()).compareTo(other.disk() + other.offset()));
                recorded.put("web1@" + damage.point(), lost);
            }
        }
        return recorded;
    }

    private Path record() {
        return domain.journal().folder().resolve(Names.DAMAGE);
    }

    @Test
    void everyFlipIsRecordedForExactlyThosePointsDisksAndRangesThatNeedIt() throws Exception {
        for (int i = 0; i < 40; i++) {
            Path image = image(random.nextInt(points.size()), random.nextBoolean() ? "vda" : "vdb");
            // The first and the last part of an image are mostly tables.
            long size = Files.size(image);
            long offset = random.nextInt(3) == 0
                    ? random.nextInt((int) Math.min(size, 400_000))
                    : (long) (random.nextDouble() * size);
            int mask = 1 << random.nextInt(8);
            flip(image, offset, mask);
            String what = "byte " + offset + " of " + image + ", mask " + mask;

            VerifyReport report = verify(i % 2 == 0 ? VerifyDepth.DIGESTS : VerifyDepth.FULL);

            assertThat(new TreeMap<>(report.lost()))
                    .as(what)
                    .usingRecursiveComparison()
                    .ignoringCollectionOrder()
                    .isEqualTo(truth());
            assertThat(recorded()).as(what).isEqualTo(truth());
            assertThat(report.damage())
                    .as(what)
                    .isNotEmpty()
                    .allSatisfy(finding -> assertThat(finding.file()).isEqualTo(image));
            assertThat(repository.points("web1").known())
                    .as(what)
                    .anySatisfy(damage -> assertThat(damage.files())
                            .anySatisfy(file -> assertThat(file.file()).isEqualTo(image)));
            flip(image, offset, mask);
            assertThat(verify(VerifyDepth.DIGESTS).intact()).as(what).isTrue();
            assertThat(record()).as(what).doesNotExist();
        }
    }

    @Test
    void aRestoreRecordsForAllPointsWhatItFinds() throws Exception {
        for (int i = 0; i < 20; i++) {
            Path image = image(random.nextInt(2), "vda");
            long offset = (long) (random.nextDouble() * Files.size(image));
            flip(image, offset, 4);
            String what = "byte " + offset + " of " + image;
            Map<String, List<LostRange>> truth = truth();
            Path out = folder.resolve("out" + i);
            RestoreRequest request = RestoreRequest.of(points.get(2), out);
            // Zeros are known from the digests, whatever the image has there.
            if (truth.containsKey("web1@" + points.get(2).id())) {
                RestoreResult salvaged = repository
                        .restore(request.salvaging(), ProgressListener.NONE)
                        .join();
                assertThat(salvaged.damage()).as(what).isNotEmpty();
                requireSalvaged(out, salvaged);
            } else {
                RestoreResult restored =
                        repository.restore(request, ProgressListener.NONE).join();
                assertThat(restored.lost()).as(what).isEmpty();
                assertThat(restored.damage()).as(what).isNotEmpty();
                requireSalvaged(out, restored);
            }
            assertThat(recorded()).as(what).isEqualTo(truth);
            assertThat(repository.points("web1").known())
                    .as(what)
                    .allSatisfy(damage -> assertThat(damage.foundBy()).isEqualTo("restore"));
            flip(image, offset, 4);
            verify(VerifyDepth.DIGESTS);
            assertThat(record()).doesNotExist();
        }
    }

    private void requireSalvaged(Path out, RestoreResult result) throws IOException {
        for (String target : List.of("vda", "vdb")) {
            byte[] expected = states.get(2).get(target).content.clone();
            for (LostRange lost : result.lost()) {
                if (lost.disk().equals(target)) {
                    Arrays.fill(expected, (int) lost.offset(), (int) (lost.offset() + lost.length()), (byte) 0);
                }
            }
            assertThat(read(out.resolve("web1-" + target + ".qcow2"), 0, expected.length))
                    .as(target)
                    .isEqualTo(expected);
        }
    }

    @Test
    void aVerificationOfOnePointRecordsWhatItTakesFromThoseThatBuildOnIt() throws Exception {
        Path image = image(0, "vda");
        flip(image, 200_000 + random.nextInt(2 << 20), 1);

        repository
                .verify(VerifyRequest.ofPoint("web1", points.get(0).id()), ProgressListener.NONE)
                .join();

        assertThat(recorded()).isEqualTo(truth());
    }

    @Test
    void theStructureTakesNothingBackThatItDoesNotRead() throws Exception {
        Path image = image(0, "vda");
        long offset = Files.size(image) / 2;
        flip(image, offset, 1);
        verify(VerifyDepth.DIGESTS);
        Map<String, List<LostRange>> before = recorded();

        verify(VerifyDepth.STRUCTURE);
        flip(image, offset, 1);
        verify(VerifyDepth.STRUCTURE);

        assertThat(recorded()).isEqualTo(before);
        assertThat(repository.points("web1").known())
                .flatExtracting(PointDamage::files)
                .extracting(Finding::file)
                .contains(image);
        verify(VerifyDepth.DIGESTS);
        assertThat(record()).doesNotExist();
    }

    @Test
    void twoWhoFindDamageAtOnceLoseNothing() throws Exception {
        flip(image(1, "vda"), Files.size(image(1, "vda")) / 2, 1);
        flip(image(3, "vdb"), Files.size(image(3, "vdb")) / 2, 1);
        List<Operation<VerifyReport>> running = new ArrayList<>();
        try (DomainLock writer = domain.lock()) {
            assertThat(writer).isNotNull();
            for (int i = 1; i < points.size(); i++) {
                running.add(repository.verify(
                        VerifyRequest.ofPoint("web1", points.get(i).id()), ProgressListener.NONE));
            }
            running.forEach(Operation::join);
        }
        assertThat(recorded()).isEqualTo(truth());
        assertThat(repository.points("web1").known())
                .flatExtracting(PointDamage::files)
                .extracting(Finding::file)
                .containsExactlyInAnyOrder(image(1, "vda"), image(3, "vdb"));
    }

    @Test
    void aRecordThatWasAlteredMakesEveryPointDoubtfulUntilAllIsVerifiedAgain() throws Exception {
        Path image = image(1, "vda");
        long offset = Files.size(image) / 2;
        flip(image, offset, 1);
        verify(VerifyDepth.DIGESTS);
        Map<String, List<LostRange>> before = recorded();
        flip(record(), 100, 1);

        assertThat(repository.points("web1").damage())
                .extracting(Finding::toString)
                .containsExactly(record() + ", bytes 0 to " + (Files.size(record()) - 1) + ": is torn or was altered");
        for (Point point : points) {
            assertThat(DamageRecord.of(domain).problem(point)).contains("is torn or was altered");
        }
        assertThat(repository
                        .prune(PruneRequest.of("web1", Retention.ofLast(1)), ProgressListener.NONE)
                        .join()
                        .removed())
                .isEmpty();
        VerifyReport one = repository
                .verify(VerifyRequest.ofPoint("web1", points.get(1).id()), ProgressListener.NONE)
                .join();
        assertThat(one.notices())
                .singleElement()
                .asString()
                .startsWith("what was found in domain web1 is not recorded: ");

        VerifyReport all = verify(VerifyDepth.DIGESTS);

        assertThat(all.damage()).extracting(Finding::file).contains(record());
        assertThat(all.notices())
                .extracting(Notice::text)
                .containsExactly("the record of what is damaged in domain web1 was made again");
        assertThat(recorded()).isEqualTo(before);
        assertThat(repository.points("web1").damage()).isEmpty();
    }

    @Test
    void whatIsNoRecordIsDoubtedAndNotWaitedFor() throws Exception {
        Files.createSymbolicLink(record(), folder.resolve("elsewhere"));
        assertThat(DamageRecord.of(domain).doubt()).isEqualTo(Finding.of(record(), "is no file"));
        Files.delete(record());
        try (RandomAccessFile large = new RandomAccessFile(record().toFile(), "rw")) {
            large.setLength((64L << 20) + 1);
        }
        assertThat(DamageRecord.of(domain).problem(points.get(0))).contains("is larger than any such file");
        assertThat(verify(VerifyDepth.DIGESTS).damage())
                .extracting(Finding::file)
                .containsExactly(record());
        assertThat(record()).doesNotExist();
    }

    @Test
    void aRecordOfANewerProgramIsBelievedInNothingAndKept() throws Exception {
        flip(image(0, "vda"), Files.size(image(0, "vda")) / 2, 1);
        verify(VerifyDepth.DIGESTS);
        String body = Files.readString(record()).substring(65).replaceFirst("\"version\" : 1", "\"version\" : 2");
        String sum = Sha256.hex(Sha256.of(body.getBytes(StandardCharsets.UTF_8)));
        Files.writeString(record(), sum + "\n" + body);

        VerifyReport report = verify(VerifyDepth.DIGESTS);

        assertThat(report.damage()).extracting(Finding::file).containsExactly(image(0, "vda"));
        assertThat(report.notices())
                .anySatisfy(notice -> assertThat(notice.text()).contains("has version 2"));
        assertThat(record()).hasContent(sum + "\n" + body);
        assertThat(DamageRecord.of(domain).isDamaged(points.get(3))).isTrue();
        assertThat(repository.points("web1").damage()).isEmpty();
        assertThat(repository.points("web1").unreadable()).hasSize(1);
    }

    @Test
    void anIntactChainIsNeverRemovedInFavourOfADamagedOne() throws Exception {
        // A random disk may hold no data, and what happens to it later may leave none.
        MemoryDisk drawn = MemoryDisk.random(6 << 20, random).laterInOneSector(random);
        add(Map.of("vda", new MemoryDisk(drawn.content)), null);
        add(Map.of("vda", states.get(4).get("vda").laterInOneSector(random)), points.get(4));
        flipData(image(4, "vda"));
        flipData(image(5, "vda"));
        verify(VerifyDepth.DIGESTS);

        PruneReport report = repository
                .prune(PruneRequest.of("web1", Retention.ofLast(1)), ProgressListener.NONE)
                .join();

        assertThat(report.points()).filteredOn(PointVerdict::kept).anySatisfy(kept -> {
            assertThat(kept.point()).isEqualTo(points.get(3).id());
            assertThat(kept.reason()).isEqualTo("the newest that can be restored");
        });
        assertThat(report.points().get(4).reason()).startsWith("it cannot be restored: disk vda was found damaged");
        repository
                .restore(
                        RestoreRequest.of(repository.newestRestorable("web1").point(), folder.resolve("out")),
                        ProgressListener.NONE)
                .join();
    }

    @Test
    void whatWasRecordedOfAPointGoesWithIt() throws Exception {
        flip(image(3, "vda"), Files.size(image(3, "vda")) / 2, 1);
        verify(VerifyDepth.DIGESTS);
        assertThat(record()).exists();
        domain.files().deleteTree(points.get(3).folder());

        assertThat(repository.points("web1").known()).isEmpty();
    }

    @Test
    void damageThatCannotBeRecordedIsReportedAllTheSame() throws Exception {
        // The others are right, and that is not recorded either.
        flipData(image(3, "vda"));
        DurableFiles readOnly = new DurableFiles((step, path) -> {
            throw new IOException("Read-only file system");
        });

        VerifyReport report = RepositoryStore.open(folder.resolve("backups"), readOnly)
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();

        assertThat(report.damage()).isNotEmpty();
        assertThat(report.notices())
                .extracting(Notice::text)
                .containsExactly(
                        "that points of domain web1 were verified is not recorded: cannot write "
                                + record().resolveSibling("verified-points") + ": Read-only file system",
                        "what was found in domain web1 is not recorded: cannot write " + record()
                                + ": Read-only file system");
        assertThatThrownBy(() -> RepositoryStore.open(folder.resolve("backups"), readOnly)
                        .restore(RestoreRequest.of(points.get(3), folder.resolve("out")), ProgressListener.NONE)
                        .join())
                .isInstanceOf(RepositoryException.class);
    }
}
