// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.image.ImageExtent;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.repository.DomainStatus.Verdict;
import dev.virtwire.repository.DomainStatus.Verification;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.format.DurableFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A full point and two increments, of 19:01, 19:02 and 19:03 of one evening; and what is said of them later. */
class StatusTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Instant LAST = Instant.parse("2026-11-22T19:03:00Z");

    @TempDir
    Path folder;

    private final Random random = new Random(31);
    private final List<Point> points = new ArrayList<>();
    private MemoryDisk disk = MemoryDisk.random(1 << 20, random);
    private PointMaker maker;

    @BeforeEach
    void makePoints() throws IOException {
        maker = new PointMaker(folder.resolve("backups"));
        points.add(maker.full(Map.of("vda", disk)));
        addPoint();
        addPoint();
    }

    private void addPoint() throws IOException {
        disk = disk.later(random);
        points.add(maker.increment(Map.of("vda", disk), points.get(points.size() - 1)));
    }

    private Repository at(Duration later) {
        return RepositoryStore.open(folder.resolve("backups"), DurableFiles.PLAIN)
                .by(InstantSource.fixed(LAST.plus(later)));
    }

    private DomainStatus status(Duration later) {
        return at(later).status("web1", HOUR, null);
    }

    private DomainStatus verified(Duration later) {
        return at(later).status("web1", HOUR, HOUR);
    }

    private VerifyReport verify(Duration later, VerifyDepth depth) {
        return at(later)
                .verify(VerifyRequest.everything().withDepth(depth), ProgressListener.NONE)
                .join();
    }

    private Path image(int point) {
        return points.get(point).folder().resolve("vda.qcow2");
    }

    private Path record() {
        return folder.resolve("backups/web1/.journal/verified-points");
    }

    @Test
    void aPointThatIsYoungEnoughIsWell() {
        DomainStatus young = status(HOUR);

        assertThat(young.ok()).isTrue();
        assertThat(young.reason()).isNull();
        assertThat(young.newest()).isEqualTo(points.get(2));
        assertThat(young.newestGood()).isEqualTo(points.get(2));
        assertThat(young.age()).isEqualTo(HOUR);
        assertThat(young.verified()).isNull();
        assertThat(young.damage()).isNull();
    }

    @Test
    void aPointOfLongAgoOrOfTheFutureIsNot() {
        DomainStatus old = status(HOUR.plusMillis(1));
        assertThat(old.verdict()).isEqualTo(Verdict.TOO_OLD).hasToString("too old");
        assertThat(old.reason()).isEqualTo("its newest good point began at 2026-11-22T19:03:00Z");

        assertThat(status(Duration.ofMinutes(-59)).ok()).isTrue();
        DomainStatus future = status(Duration.ofHours(-2));
        assertThat(future.verdict()).isEqualTo(Verdict.TOO_OLD);
        assertThat(future.reason()).endsWith(", which is in the future: is the clock right?");
    }

    @Test
    void whatThereIsNothingOfIsMissing() throws IOException {
        assertThat(at(HOUR).status("web2", HOUR, null))
                .isEqualTo(new DomainStatus(
                        "web2",
                        Verdict.MISSING,
                        "the repository holds nothing of it",
                        null,
                        null,
                        null,
                        null,
                        null,
                        null));
        Files.createDirectories(folder.resolve("backups/web3/.journal"));
        DomainStatus empty = at(HOUR).status("web3", HOUR, null);
        assertThat(empty.verdict()).isEqualTo(Verdict.MISSING);
        assertThat(empty.reason()).isEqualTo("it has no point");
    }

    /** For whoever asks only whether anything is damaged or verified. */
    @Test
    void withoutALimitAgeDoesNotMatter() {
        for (int days : new int[] {-365, 36_500}) {
            DomainStatus any = at(Duration.ofDays(days)).status("web1", null, null);
            assertThat(any.ok()).isTrue();
            assertThat(any.age()).isEqualTo(Duration.ofDays(days));
        }
    }

    @Test
    void pointsThatWereCompleteWhenAVerificationBeganAreCoveredByIt() throws IOException {
        assertThat(status(HOUR).oldestUnverified())
                .isEqualTo(points.get(0).manifest().began());
        verify(Duration.ofSeconds(59), VerifyDepth.DIGESTS);
        assertThat(status(HOUR).oldestUnverified()).isNull();

        addPoint();
        addPoint();
        assertThat(status(HOUR).oldestUnverified())
                .isEqualTo(points.get(3).manifest().began());
    }

    @Test
    void aVerificationOfAllBytesCountsUntilItIsTooLongAgo() throws IOException {
        assertThat(verified(HOUR).verdict()).isEqualTo(Verdict.UNVERIFIED);
        assertThat(verified(HOUR).reason()).isEqualTo("nobody has verified a good point of it");
        verify(Duration.ZERO, VerifyDepth.STRUCTURE);
        assertThat(record()).doesNotExist();

        verify(Duration.ZERO, VerifyDepth.DIGESTS);
        assertThat(verified(HOUR).ok()).isTrue();
        assertThat(verified(HOUR).verified()).isEqualTo(new Verification(points.get(2), LAST, VerifyDepth.DIGESTS));

        addPoint();
        DomainStatus later = verified(HOUR.plusMinutes(1));
        assertThat(later.newestGood()).isEqualTo(points.get(3));
        assertThat(later.verdict()).isEqualTo(Verdict.UNVERIFIED);
        assertThat(later.reason()).isEqualTo("its last verification began at 2026-11-22T19:03:00Z");
        assertThat(status(HOUR.plusMinutes(1)).ok()).isTrue();

        verify(HOUR, VerifyDepth.FULL);
        assertThat(verified(HOUR.plusMinutes(1)).verified())
                .isEqualTo(new Verification(points.get(3), LAST.plus(HOUR), VerifyDepth.FULL));
    }

    @Test
    void aPointIsVerifiedWithAllThatItBuildsOn() {
        VerifyRequest second = VerifyRequest.ofPoint("web1", points.get(1).id());
        at(Duration.ZERO).verify(second, ProgressListener.NONE).join();
        assertThat(verified(HOUR).verified()).isEqualTo(new Verification(points.get(1), LAST, VerifyDepth.DIGESTS));

        at(Duration.ofMinutes(1))
                .verify(VerifyRequest.ofPoint("web1", points.get(0).id()), ProgressListener.NONE)
                .join();
        assertThat(verified(HOUR).verified())
                .isEqualTo(new Verification(points.get(0), LAST.plusSeconds(60), VerifyDepth.DIGESTS));
    }

    /** It would be so for each point of a chain after each night's prune. */
    @Test
    void aPointThatOthersWereMergedIntoStaysVerified() {
        verify(Duration.ZERO, VerifyDepth.DIGESTS);
        at(Duration.ZERO)
                .prune(PruneRequest.of("web1", Retention.ofLast(1)), ProgressListener.NONE)
                .join();

        DomainStatus merged = verified(HOUR);
        assertThat(merged.ok()).isTrue();
        assertThat(merged.newestGood().manifest().replaces())
                .containsExactly(points.get(2).manifestSha256());
        assertThat(merged.verified()).isEqualTo(new Verification(merged.newestGood(), LAST, VerifyDepth.DIGESTS));
    }

    @Test
    void whatAVerificationFindsWrongIsNeitherGoodNorVerified() throws IOException {
        verify(Duration.ZERO, VerifyDepth.DIGESTS);
        flipData(image(2));
        assertThat(verified(HOUR).ok()).as("nobody knows yet").isTrue();

        assertThat(verify(Duration.ofMinutes(30), VerifyDepth.DIGESTS).intact()).isFalse();
        DomainStatus damaged = at(HOUR).status("web1", HOUR.multipliedBy(2), HOUR.multipliedBy(2));
        assertThat(damaged.newest()).isEqualTo(points.get(2));
        assertThat(damaged.newestGood()).isEqualTo(points.get(1));
        assertThat(damaged.verified().point()).isEqualTo(points.get(1));
        assertThat(damaged.verdict()).isEqualTo(Verdict.DAMAGED);
        assertThat(damaged.reason()).startsWith("point " + points.get(2).id() + ": ");
        assertThat(status(HOUR).verdict()).isEqualTo(Verdict.TOO_OLD);
        assertThat(status(HOUR).damage()).as("whatever the verdict").isEqualTo(damaged.reason());
    }

    /** What the guest had there, not what nothing needs. */
    private static void flipData(Path image) throws IOException {
        try (Qcow2Reader reader = Qcow2Reader.open(image);
                RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            long offset = reader.extents(0, reader.virtualSize()).stream()
                    .filter(extent -> extent.kind() == ImageExtent.Kind.DATA)
                    .findFirst()
                    .orElseThrow()
                    .hostOffset();
            file.seek(offset);
            int first = file.read();
            file.seek(offset);
            file.write(first ^ 255);
        }
    }

    @Test
    void whatAPointBuildsOnHasToBeThere() throws IOException {
        Files.delete(image(1));
        DomainStatus torn = at(HOUR).status("web1", HOUR.multipliedBy(2), null);

        assertThat(torn.newest()).isEqualTo(points.get(2));
        assertThat(torn.newestGood()).isEqualTo(points.get(0));
        assertThat(torn.verdict()).isEqualTo(Verdict.DAMAGED);
        assertThat(torn.reason()).isEqualTo("point " + points.get(2).id() + ": " + image(1) + " is missing");
    }

    @Test
    void aPointThatIsGoneIsDamage() throws IOException {
        for (Path file : List.of(image(2), points.get(2).folder())) {
            deleteAll(file);
        }
        DomainStatus lost = at(HOUR).status("web1", HOUR.multipliedBy(2), null);
        assertThat(lost.verdict()).isEqualTo(Verdict.DAMAGED);
        assertThat(lost.newestGood()).isEqualTo(points.get(1));
        assertThat(lost.reason()).contains(" is gone: ");
    }

    private static void deleteAll(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            try (Stream<Path> list = Files.list(path)) {
                for (Path each : list.toList()) {
                    deleteAll(each);
                }
            }
        }
        Files.delete(path);
    }

    @Test
    void aPushIsAPointAndNeverVerified() throws IOException {
        Point push = maker.pushed("vda");
        assertThat(verify(Duration.ZERO, VerifyDepth.DIGESTS).unverifiable()).hasSize(1);

        DomainStatus pushed = verified(HOUR);
        assertThat(pushed.newestGood()).isEqualTo(push);
        assertThat(pushed.verified().point()).isEqualTo(points.get(2));
    }

    @Test
    void aRecordThatIsTornOrOfANewerProgramSaysNothing() throws IOException {
        verify(Duration.ZERO, VerifyDepth.DIGESTS);
        byte[] whole = Files.readAllBytes(record());
        for (int i = 0; i < whole.length; i += 7) {
            byte[] torn = whole.clone();
            torn[i] ^= 1;
            Files.write(record(), torn);
            assertThat(status(HOUR).ok()).isTrue();
            assertThat(status(HOUR).verified()).as("byte %d", i).isNull();
        }
        assertThat(verify(HOUR, VerifyDepth.DIGESTS).notices()).isEmpty();
        assertThat(verified(HOUR).ok()).isTrue();
    }

    @Test
    void noImageIsOpened() throws IOException {
        for (int i = 0; i < 3; i++) {
            Files.write(image(i), new byte[(int) Files.size(image(i))]);
        }
        assertThat(status(HOUR).newestGood()).isEqualTo(points.get(2));
        assertThat(status(HOUR).ok()).isTrue();
    }

    @Test
    void aFileOfAnotherLengthOrNoneIsDamage() throws IOException {
        for (String name : List.of("vda.qcow2", "vda.digests", "domain.xml")) {
            Path file = points.get(2).folder().resolve(name);
            byte[] whole = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(whole, whole.length - 1));

            DomainStatus cut = at(HOUR).status("web1", HOUR.multipliedBy(2), null);
            assertThat(cut.verdict()).isEqualTo(Verdict.DAMAGED);
            assertThat(cut.newestGood()).isEqualTo(points.get(1));
            assertThat(cut.reason())
                    .isEqualTo("point " + points.get(2).id() + ": " + file + " has " + (whole.length - 1)
                            + " bytes instead of " + whole.length);

            Files.delete(file);
            assertThat(at(HOUR).status("web1", HOUR.multipliedBy(2), null).reason())
                    .isEqualTo("point " + points.get(2).id() + ": " + file + " is missing");
            Files.write(file, whole);
            assertThat(status(HOUR).ok()).isTrue();
        }
    }

    @Test
    void aVerificationOfTheFutureDoesNotCount() {
        verify(HOUR.plusMinutes(59), VerifyDepth.DIGESTS);
        assertThat(verified(HOUR).ok()).isTrue();

        verify(HOUR.plusMinutes(61), VerifyDepth.DIGESTS);
        DomainStatus future = verified(HOUR);
        assertThat(future.verdict()).isEqualTo(Verdict.UNVERIFIED);
        assertThat(future.reason())
                .isEqualTo("its last verification began at 2026-11-22T21:04:00Z, which is in the future: is the clock"
                        + " right?");
    }
}
