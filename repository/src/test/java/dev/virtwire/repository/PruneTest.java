// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.consolidation.Consolidator;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.format.CrashingFiles;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.retention.Pruner;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Manifests;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.internal.work.RateLimit;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Mode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two chains of a full point and two increments each: what prune removes of them, and what it leaves wherever it dies.
 */
class PruneTest {
    private static final int SIZE = 1 << 20;

    @TempDir
    Path folder;

    private final Random random = new Random(23);
    private final List<Point> points = new ArrayList<>();
    private PointMaker maker;
    private Repository repository;

    @BeforeEach
    void makeTwoChains() throws IOException {
        maker = new PointMaker(folder.resolve("backups"));
        repository = Repository.open(folder.resolve("backups"));
        for (int chain = 0; chain < 2; chain++) {
            MemoryDisk disk = MemoryDisk.random(SIZE, random);
            points.add(maker.full(Map.of("vda", disk)));
            for (int i = 0; i < 2; i++) {
                disk = disk.later(random);
                points.add(maker.increment(Map.of("vda", disk), points.get(points.size() - 1)));
            }
        }
    }

    private PruneReport prune(int last) {
        return repository
                .prune(PruneRequest.of("web1", Retention.ofLast(last)), ProgressListener.NONE)
                .join();
    }

    private List<String> ids(int... indexes) {
        return Arrays.stream(indexes).mapToObj(index -> points.get(index).id()).toList();
    }

    private List<String> listed() {
        DomainPoints listed = repository.points("web1");
        assertThat(listed.damage()).isEmpty();
        return listed.points().stream().map(Point::id).toList();
    }

    private static List<String> removed(PruneReport report) {
        return report.removed().stream().map(PointVerdict::point).toList();
    }

    private void requireIntact() {
        VerifyReport report = repository
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();
        assertThat(report.damage()).isEmpty();
        assertThat(report.notices()).isEmpty();
    }

    private List<String> names() throws IOException {
        try (Stream<Path> list = Files.list(folder.resolve("backups/web1"))) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void wholeChainsGoAndTheRestIsIntactWithoutANotice() throws Exception {
        assertThat(removed(prune(3))).containsExactlyElementsOf(ids(0, 1, 2));

        assertThat(listed()).containsExactlyElementsOf(ids(3, 4, 5));
        requireIntact();
        // The last of the removed is what the first that stays was made after.
        assertThat(names())
                .containsExactlyInAnyOrder(
                        ".journal",
                        Names.removed(points.get(2).id()),
                        points.get(3).id(),
                        points.get(4).id(),
                        points.get(5).id());
        assertThat(folder.resolve("backups/web1/" + Names.removed(points.get(2).id())))
                .isEmptyDirectory();
        assertThat(prune(3).removed()).isEmpty();
    }

    @Test
    void whatIsKeptTakesInWhatItBuildsOn() throws Exception {
        PruneReport report = prune(4);

        assertThat(removed(report)).containsExactlyElementsOf(ids(0, 1));
        assertThat(report.merges()).extracting(PointMerge::into).containsExactlyElementsOf(ids(2));
        assertThat(listed()).containsExactlyElementsOf(ids(2, 3, 4, 5));
        requireIntact();
        assertThat(prune(1).merges()).extracting(PointMerge::into).containsExactlyElementsOf(ids(5));
        assertThat(listed()).containsExactlyElementsOf(ids(5));
        requireIntact();
        assertThat(names()).containsExactlyInAnyOrder(".journal", points.get(5).id());
    }

    private PruneReport removeOnly(String point) {
        return repository
                .prune(PruneRequest.ofPoint("web1", point), ProgressListener.NONE)
                .join();
    }

    @Test
    void thePointThatIsNamedGoesAndNoOther() {
        PruneReport report = removeOnly(points.get(1).id());

        assertThat(removed(report)).containsExactlyElementsOf(ids(1));
        assertThat(report.merges()).extracting(PointMerge::into).containsExactlyElementsOf(ids(2));
        assertThat(report.points())
                .filteredOn(PointVerdict::kept)
                .extracting(PointVerdict::reason)
                .containsOnly("only " + points.get(1).id() + " is to go");
        assertThat(listed()).containsExactlyElementsOf(ids(0, 2, 3, 4, 5));
        requireIntact();
        assertThat(removed(removeOnly(points.get(0).id()))).containsExactlyElementsOf(ids(0));
        assertThat(listed()).containsExactlyElementsOf(ids(2, 3, 4, 5));
        requireIntact();
    }

    @Test
    void aNamedPointThatIsHeldOrTheNewestOrNotThereStays() {
        repository.hold("web1", points.get(1).id(), "before the upgrade");
        for (int index : new int[] {1, 5}) {
            PruneReport report = removeOnly(points.get(index).id());
            assertThat(report.removed()).isEmpty();
            assertThat(report.points().get(index).reason())
                    .isEqualTo(index == 5 ? "the newest that can be restored" : "held: before the upgrade");
        }
        assertThatThrownBy(() -> removeOnly("20200101T000000Z-full"))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("has no point 20200101T000000Z-full");
        assertThat(listed()).hasSize(6);
    }

    @Test
    void withoutMergesAChainStaysWhileAnythingKeptBuildsOnIt() {
        PruneReport report = withoutMerges(4).run();

        assertThat(report.removed()).isEmpty();
        assertThat(report.points())
                .extracting(PointVerdict::reason)
                .containsExactly(
                        points.get(1).id() + " builds on it",
                        points.get(2).id() + " builds on it",
                        "one of the last 4",
                        "one of the last 4",
                        "one of the last 4",
                        "the newest that can be restored");
        assertThat(listed()).hasSize(6);
    }

    @Test
    void pointsThatPileUpAreToldWhereNothingCanBeMerged() {
        assertThat(withoutMerges(4).run().notices())
                .extracting(Notice::text)
                .containsExactly(
                        "2 points that no rule keeps stay, because points that stay build on them: a full point"
                                + " (backup --level full) begins a new chain");
        assertThat(withoutMerges(5).run().notices())
                .singleElement()
                .asString()
                .startsWith("1 point that no rule keeps stays");
        assertThat(withoutMerges(3).run().notices()).isEmpty();
    }

    private Pruner withoutMerges(int last) {
        return new Pruner(
                RepositoryStore.open(folder.resolve("backups"), DurableFiles.PLAIN)
                        .domain("web1"),
                Retention.ofLast(last),
                null,
                ProgressListener.NONE);
    }

    @Test
    void whatAPointThatStaysNeedsIsMergedIntoItAfterTheOthersAreRemoved() {
        PruneRequest request = PruneRequest.of("web1", Retention.ofLast(1));
        PruneReport told =
                repository.prune(request.asDryRun(), ProgressListener.NONE).join();
        assertThat(listed()).hasSize(6);

        List<List<String>> before = new ArrayList<>();
        PruneReport done = repository
                .prune(request, progress -> {
                    if (progress.phase() == Progress.Phase.MERGING && before.isEmpty()) {
                        before.add(listed());
                    }
                })
                .join();

        assertThat(before).containsExactly(ids(3, 4, 5));
        assertThat(listed()).containsExactlyElementsOf(ids(5));
        assertThat(done.points()).isEqualTo(told.points());
        assertThat(done.merges()).isEqualTo(told.merges()).hasSize(1);
        assertThat(done.merges().get(0).points())
                .containsExactly(points.get(4).id(), points.get(3).id());
        assertThat(done.merged()).extracting(PointVerdict::point).containsExactlyElementsOf(ids(3, 4));
        assertThat(done.notices()).isEmpty();
        assertThat(told.merges().get(0).read()).isEqualTo(stored(4) + stored(5));
        assertThat(told.freed()).isEqualTo(stored(0) + stored(1) + stored(2) + stored(3) + stored(4));
        long left = repository
                .points("web1")
                .points()
                .get(0)
                .manifest()
                .disk("vda")
                .image()
                .size();
        assertThat(done.freed()).isEqualTo(told.freed() + stored(5) - left);
    }

    private long stored(int point) {
        return points.get(point).manifest().disk("vda").image().size();
    }

    @Test
    void whereAMergeFindsDamageItsPointsStayAndTheOthersAreMerged() throws Exception {
        points.add(maker.increment(Map.of("vda", MemoryDisk.random(SIZE, random).later(random)), points.get(2)));
        Path image = points.get(6).folder().resolve("vda.qcow2");
        byte[] bytes = Files.readAllBytes(image);
        Arrays.fill(bytes, bytes.length / 2, bytes.length, (byte) 77);
        Files.write(image, bytes);

        PruneReport report = prune(2);

        assertThat(report.damage()).extracting(Finding::file).contains(image);
        assertThat(report.points().stream().filter(PointVerdict::kept).map(PointVerdict::point))
                .containsExactlyElementsOf(ids(0, 1, 2, 5, 6));
        assertThat(report.points().get(2).reason()).isEqualTo(points.get(6).id() + " builds on it");
        assertThat(report.merges()).extracting(PointMerge::into).containsExactlyElementsOf(ids(5));
    }

    /** The merge died when no room was left; to finish it, room has to be made first. */
    @Test
    void whereNoRoomIsLeftToFinishAMergePointsAreRemovedFirst() throws Exception {
        Path backups = folder.resolve("backups");
        DomainStore store = RepositoryStore.open(backups, DurableFiles.PLAIN).domain("web1");
        for (int step = 0; store.hasPoint(points.get(3).id()); step++) {
            DomainStore dying =
                    RepositoryStore.open(backups, CrashingFiles.at(step)).domain("web1");
            Set<String> run = Set.of(points.get(3).id());
            assertThatThrownBy(() -> consolidator(dying).merge(points.get(4).id(), run))
                    .hasStackTraceContaining("crash at");
        }
        List<Path> removed = new ArrayList<>();
        DurableFiles full = new DurableFiles((step, path) -> {
            if (step == DurableFiles.Step.RENAME && Names.removedPoint(String.valueOf(path.getFileName())) != null) {
                removed.add(path);
            } else if (step == DurableFiles.Step.WRITE && removed.size() < 3) {
                throw new IOException("No space left on device");
            }
        });
        DomainStore narrow = RepositoryStore.open(backups, full).domain("web1");

        PruneReport report = new Pruner(narrow, Retention.ofLast(2), consolidator(narrow), ProgressListener.NONE).run();

        assertThat(removed(report)).containsExactlyElementsOf(ids(0, 1, 2));
        assertThat(listed()).containsExactlyElementsOf(ids(4, 5));
        assertThat(store.merges().all()).isEmpty();
        requireIntact();
    }

    private static Consolidator consolidator(DomainStore store) {
        return new Consolidator(store, new RateLimit(RateLimit.NONE), new ProgressMeter(ProgressListener.NONE, 0, 0));
    }

    @Test
    void aDryRunSaysTheSameAndChangesNothing() throws Exception {
        List<String> before = names();
        PruneReport told = repository
                .prune(PruneRequest.of("web1", Retention.ofLast(2)).asDryRun(), ProgressListener.NONE)
                .join();
        assertThat(names()).isEqualTo(before);
        assertThat(told.dryRun()).isTrue();

        PruneReport done = prune(2);
        assertThat(done.points()).isEqualTo(told.points());
        assertThat(done.merges()).isEqualTo(told.merges());
        assertThat(done.freed())
                .isLessThanOrEqualTo(told.freed())
                .isGreaterThanOrEqualTo(points.subList(0, 3).stream()
                        .mapToLong(point -> point.manifest().disk("vda").image().size())
                        .sum());
    }

    @Test
    void theRemainderOfARemovedPointIsForgottenWithTheLastManifestThatNamesIt() throws Exception {
        prune(3);
        MemoryDisk disk = MemoryDisk.random(SIZE, random);
        points.add(maker.full(Map.of("vda", disk)));
        prune(1);

        assertThat(listed()).containsExactlyElementsOf(ids(6));
        assertThat(names())
                .containsExactlyInAnyOrder(
                        ".journal",
                        Names.removed(points.get(5).id()),
                        points.get(6).id());
        requireIntact();
    }

    @Test
    void anIdIsNotGivenAgainWhileItsPointIsRememberedAsRemoved() {
        prune(3);
        DomainStore domain = RepositoryStore.open(folder.resolve("backups"), DurableFiles.PLAIN)
                .domain("web1");
        Instant began = points.get(2).manifest().began();

        assertThat(points.get(2).id()).isEqualTo(Names.point(began, Level.INCREMENTAL, 1));
        assertThat(domain.newPointId(began, Level.INCREMENTAL))
                .isEqualTo(points.get(2).id() + "-2");
    }

    @Test
    void wherePruningDiesEveryPointIsWholeOrGoneAndTheNextPruneFinishesIt() throws Exception {
        int steps = countSteps();
        // Each point: a renaming, its sync, five deletions and their sync. Then two folders that nobody names go.
        assertThat(steps).isEqualTo(3 * 8 + 2 * 2);
        for (int crash = 0; crash < steps; crash++) {
            Path copy = folder.resolve("crash" + crash);
            copy(folder.resolve("backups"), copy);
            DomainStore dying =
                    RepositoryStore.open(copy, CrashingFiles.at(crash)).domain("web1");
            int at = crash;
            assertThatThrownBy(() -> new Pruner(dying, Retention.ofLast(3), null, ProgressListener.NONE).run())
                    .as("crash at step %d", at)
                    .isInstanceOf(RepositoryException.class)
                    .hasMessageContaining("crash at");

            repository = Repository.open(copy);
            List<String> left = listed();
            // Children go before their parents: of the first chain its beginning is left.
            List<String> expected = new ArrayList<>(ids(0, 1, 2).subList(0, left.size() - 3));
            expected.addAll(ids(3, 4, 5));
            assertThat(left).as("crash at step %d", at).isEqualTo(expected);
            requireIntact();

            prune(3);
            assertThat(listed()).containsExactlyElementsOf(ids(3, 4, 5));
            assertThat(names(copy)).containsExactlyElementsOf(namesAfterPrune());
            requireIntact();
        }
    }

    private int countSteps() throws IOException {
        Path probe = folder.resolve("probe");
        copy(folder.resolve("backups"), probe);
        int[] steps = {0};
        DomainStore counting = RepositoryStore.open(probe, new DurableFiles((step, path) -> steps[0]++))
                .domain("web1");
        new Pruner(counting, Retention.ofLast(3), null, ProgressListener.NONE).run();
        assertThat(names(probe)).containsExactlyElementsOf(namesAfterPrune());
        return steps[0];
    }

    private List<String> namesAfterPrune() {
        return Stream.concat(Stream.of(".journal", Names.removed(points.get(2).id())), ids(3, 4, 5).stream())
                .sorted()
                .toList();
    }

    private static List<String> names(Path repository) throws IOException {
        try (Stream<Path> list = Files.list(repository.resolve("web1"))) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.toList()) {
                Files.copy(path, to.resolve(from.relativize(path)));
            }
        }
    }

    @Test
    void aPointWithoutItsImageCountsForNothingAndStaysWithAllAboveIt() throws Exception {
        Path image = points.get(4).folder().resolve("vda.qcow2");
        Files.delete(image);

        PruneReport report = prune(1);

        assertThat(removed(report)).containsExactlyElementsOf(ids(0, 1, 2));
        assertThat(report.damage()).containsExactly(Finding.of(image, "is missing"));
        assertThat(report.points().subList(3, 6))
                .extracting(PointVerdict::reason)
                .containsExactly(
                        "the newest that can be restored",
                        "it cannot be restored: vda.qcow2 is missing",
                        "it cannot be restored: " + points.get(4).id() + ", on which it builds, cannot be restored");
    }

    @Test
    void aFileOfAnotherSizeIsDamageToo() throws Exception {
        Path image = points.get(5).folder().resolve("vda.qcow2");
        long size = Files.size(image);
        Files.write(image, new byte[] {1}, StandardOpenOption.APPEND);

        PruneReport report = prune(1);

        assertThat(report.damage())
                .containsExactly(Finding.of(image, "has " + (size + 1) + " bytes instead of " + size));
        assertThat(report.points().get(4).kept()).isTrue();
        assertThat(removed(report)).containsExactlyElementsOf(ids(0, 1, 2));
    }

    @Test
    void anUnreadableIncrementBlocksAllThatIsNotKnownToBeYounger() throws Exception {
        Files.writeString(points.get(2).folder().resolve(Names.MANIFEST), "{}");

        PruneReport report = prune(1);

        String blocked = points.get(2).id() + ", whose manifest cannot be read, may build on it";
        assertThat(report.points())
                .contains(new PointVerdict(points.get(2).id(), true, "its manifest cannot be read", 0));
        assertThat(report.points().stream()
                        .filter(verdict -> verdict.reason().equals(blocked))
                        .map(PointVerdict::point))
                .containsExactlyElementsOf(ids(0, 1));
        assertThat(removed(report)).containsExactlyElementsOf(ids(3, 4));
        assertThat(report.damage()).hasSize(1);
    }

    @Test
    void anUnreadableFullPointBlocksNothingAndStaysAndWhatBuildsOnItAgesOut() throws Exception {
        points.add(maker.full(Map.of("vda", MemoryDisk.random(SIZE, random))));
        Files.writeString(points.get(3).folder().resolve(Names.MANIFEST), "{}");

        PruneReport report = prune(3);

        assertThat(removed(report)).containsExactlyElementsOf(ids(0));
        assertThat(report.points().stream().filter(PointVerdict::kept).map(PointVerdict::reason))
                .containsExactlyInAnyOrder(
                        "one of the last 3",
                        "one of the last 3",
                        "its manifest cannot be read",
                        "it cannot be restored: the manifest of "
                                + points.get(3).id() + ", on which it builds, cannot be read",
                        "it cannot be restored: " + points.get(4).id() + ", on which it builds, cannot be restored",
                        "the newest that can be restored");
        assertThat(removed(prune(1))).containsExactlyElementsOf(ids(1, 2, 4, 5));
    }

    @Test
    void pushedPointsStayAndCountForNothing() throws Exception {
        points.add(maker.pushed("vda"));

        PruneReport report = prune(1);

        assertThat(removed(report)).containsExactlyElementsOf(ids(0, 1, 2, 3, 4));
        assertThat(report.points().get(6).reason())
                .isEqualTo("its images are on host node1, where prune deletes nothing");
        assertThat(report.points().get(5).reason()).isEqualTo("the newest that can be restored");
    }

    /** A raw disk has no bitmap. Its last copy went when enough points without it had been made. */
    @Test
    void theNewestPointWithADiskStaysAlsoWithoutABitmap() throws Exception {
        for (int i = 0; i < 2; i++) {
            points.add(
                    maker.full(Map.of("vda", MemoryDisk.random(SIZE, random), "vdb", MemoryDisk.random(SIZE, random))));
        }
        maker.excluding("vdb");
        for (int i = 0; i < 3; i++) {
            points.add(maker.full(Map.of("vda", MemoryDisk.random(SIZE, random))));
        }

        PruneReport report = prune(1);

        assertThat(listed()).containsExactlyElementsOf(ids(7, 10));
        assertThat(report.points().get(7).reason()).isEqualTo("the newest that can be restored with disk vdb");
    }

    @Test
    void aDamagedCopyOfADiskIsNoReasonToLetTheGoodOneGo() throws Exception {
        for (int i = 0; i < 2; i++) {
            points.add(
                    maker.full(Map.of("vda", MemoryDisk.random(SIZE, random), "vdb", MemoryDisk.random(SIZE, random))));
        }
        maker.excluding("vdb");
        points.add(maker.full(Map.of("vda", MemoryDisk.random(SIZE, random))));
        Files.delete(points.get(7).folder().resolve("vdb.qcow2"));

        prune(1);

        assertThat(listed()).containsExactlyElementsOf(ids(6, 7, 8));
    }

    /** A flipped bit of it changes no size: verify has found it. */
    @Test
    void aCopyOfADiskThatWasFoundDamagedIsNoReasonEither() throws Exception {
        for (int i = 0; i < 2; i++) {
            points.add(
                    maker.full(Map.of("vda", MemoryDisk.random(SIZE, random), "vdb", MemoryDisk.random(SIZE, random))));
        }
        maker.excluding("vdb");
        points.add(maker.full(Map.of("vda", MemoryDisk.random(SIZE, random))));
        Path image = points.get(7).folder().resolve("vdb.qcow2");
        byte[] bytes = Files.readAllBytes(image);
        Arrays.fill(bytes, 0, 4, (byte) 0);
        Files.write(image, bytes);
        repository
                .verify(VerifyRequest.ofPoint("web1", points.get(7).id()), ProgressListener.NONE)
                .join();

        prune(1);

        assertThat(listed()).containsExactlyElementsOf(ids(6, 7, 8));
    }

    /** As after a backup that found damage, copied the disk in full, and built the other one on the damaged point. */
    @Test
    void aPointIsGoodIfAllThatItsDisksNeedOfADamagedParentIsThere() throws Exception {
        MemoryDisk disk = MemoryDisk.random(SIZE, random);
        points.add(maker.full(Map.of("vda", disk, "vdb", MemoryDisk.random(SIZE, random))));
        points.add(maker.increment(Map.of("vda", disk.later(random)), points.get(6)));
        Files.delete(points.get(6).folder().resolve("vdb.qcow2"));

        PruneReport report = prune(1);

        assertThat(report.points().get(7).reason()).isEqualTo("the newest that can be restored");
        assertThat(report.points().get(6).reason()).isEqualTo("it cannot be restored: vdb.qcow2 is missing");
        assertThat(listed()).containsExactlyElementsOf(ids(6, 7));
    }

    @Test
    void thePointStaysFromWhoseCheckpointTheNextIncrementOfADiskStarts() throws Exception {
        maker.withBitmaps();
        for (int i = 0; i < 2; i++) {
            MemoryDisk other = MemoryDisk.random(SIZE, random);
            points.add(maker.full(Map.of("vda", MemoryDisk.random(SIZE, random), "vdb", other)));
        }
        maker.excluding("vdb");
        points.add(maker.full(Map.of("vda", MemoryDisk.random(SIZE, random))));

        PruneReport report = prune(1);

        assertThat(removed(report)).containsExactlyElementsOf(ids(0, 1, 2, 3, 4, 5, 6));
        assertThat(report.points().get(7).reason()).isEqualTo("the next increment starts from its checkpoint");
    }

    @Test
    void aPointWhoseRunWasNotClearedUpAfterStays() throws Exception {
        DomainStore store = RepositoryStore.open(folder.resolve("backups"), DurableFiles.PLAIN)
                .domain("web1");
        store.journal()
                .write(new JournalEntry(
                        JournalEntry.FORMAT,
                        JournalEntry.VERSION,
                        repository.id(),
                        points.get(2).id(),
                        "a test",
                        points.get(2).manifest().began(),
                        Manifests.WEB1,
                        Manifests.HOST,
                        Mode.PULL,
                        Level.FULL,
                        null,
                        false,
                        points.get(2).manifest().checkpoint(),
                        null,
                        List.of(),
                        List.of(),
                        null,
                        null,
                        null));

        PruneReport report = prune(1);

        assertThat(removed(report)).containsExactlyElementsOf(ids(0, 1, 3, 4));
        assertThat(report.points().get(2).reason()).contains("see recover");
    }

    @Test
    void aDomainThatAnotherRunWritesIsRefusedAndANewerManifestStopsAll() throws Exception {
        DomainStore store = RepositoryStore.open(folder.resolve("backups"), DurableFiles.PLAIN)
                .domain("web1");
        DomainLock lock = store.lock();
        assertThatThrownBy(() -> prune(1))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("is being written by another run");
        lock.close();
        assertThatThrownBy(() -> repository
                        .prune(PruneRequest.of("web2", Retention.ofLast(1)), ProgressListener.NONE)
                        .join())
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("holds nothing of a domain web2");
        assertThat(listed()).hasSize(6);
    }
}
