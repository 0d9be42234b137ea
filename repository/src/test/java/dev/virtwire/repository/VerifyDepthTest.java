// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.ImageExtent;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.digest.BlockTree;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each depth of verification reads, how fast, and where it resumes after it was interrupted. */
class VerifyDepthTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private final Random random = new Random(23);
    private final List<Point> points = new ArrayList<>();
    private Repository repository;
    private Path full;
    private Path increment;

    @BeforeEach
    void makeAFullPointAndAnIncrement() throws IOException {
        PointMaker maker = new PointMaker(folder.resolve("backups"));
        byte[] content = new byte[24 * MIB];
        random.nextBytes(content);
        MemoryDisk disk = new MemoryDisk(content);
        points.add(maker.full(Map.of("vda", disk)));
        points.add(maker.increment(Map.of("vda", disk.later(random)), points.get(0)));
        repository = Repository.open(folder.resolve("backups"));
        full = points.get(0).folder().resolve("vda.qcow2");
        increment = points.get(1).folder().resolve("vda.qcow2");
    }

    private VerifyReport verify(VerifyDepth depth) {
        return repository
                .verify(VerifyRequest.everything().withDepth(depth), ProgressListener.NONE)
                .join();
    }

    private static void flip(Path file, long offset) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.seek(offset);
            int value = open.read();
            open.seek(offset);
            open.write(value ^ 1);
        }
    }

    /** Where the first block of the disk lies in the image. */
    private static long dataOffset(Path image) throws IOException {
        try (Qcow2Reader reader = Qcow2Reader.open(image)) {
            List<ImageExtent> extents = new ArrayList<>();
            reader.forEachExtent(0, reader.virtualSize(), extents::add);
            return extents.stream()
                    .filter(extent -> extent.kind() == ImageExtent.Kind.DATA)
                    .findFirst()
                    .orElseThrow()
                    .hostOffset();
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyDepthFindsNothingWhereNothingIsWrong(VerifyDepth depth) {
        List<Progress> heard = new ArrayList<>();
        VerifyReport report = repository
                .verify(VerifyRequest.everything().withDepth(depth), heard::add)
                .join();
        assertThat(report.damage()).isEmpty();
        assertThat(report.intact()).isTrue();
        assertThat(report.depth()).isEqualTo(depth);
        assertThat(report.points()).hasSize(2);
        Progress last = heard.get(heard.size() - 1);
        assertThat(last.bytesDone()).isEqualTo(last.bytesTotal()).isPositive();
    }

    @Test
    void theDeeperTheMoreIsRead() throws IOException {
        long files = Files.size(full) + Files.size(increment);
        assertThat(verify(VerifyDepth.STRUCTURE).bytes()).isZero();
        assertThat(verify(VerifyDepth.DIGESTS).bytes()).isEqualTo(files);
        // All of the disk is data at the first point; the increment's disk may have blocks of zeros by now.
        assertThat(verify(VerifyDepth.FULL).bytes()).isBetween(files + 24L * MIB, files + 48L * MIB);
    }

    @Test
    void theStructureSaysNothingOfTheDataButOfTheTables() throws IOException {
        long data = dataOffset(full);
        flip(full, data);
        assertThat(verify(VerifyDepth.STRUCTURE).damage()).isEmpty();
        for (VerifyDepth depth : List.of(VerifyDepth.DIGESTS, VerifyDepth.FULL)) {
            assertThat(verify(depth).damage()).singleElement().satisfies(finding -> {
                assertThat(finding.file()).isEqualTo(full);
                assertThat(finding.offset()).isEqualTo(data / MIB * MIB);
            });
        }
        flip(full, data);

        // The size of the disk in the header, and the first entry of the L1 table.
        for (long offset : new long[] {30, l1(full)}) {
            flip(full, offset);
            assertThat(verify(VerifyDepth.STRUCTURE).damage())
                    .isNotEmpty()
                    .allSatisfy(finding -> assertThat(finding.file()).isIn(full, increment));
            flip(full, offset);
        }
        assertThat(verify(VerifyDepth.FULL).intact()).isTrue();
    }

    private static long l1(Path image) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(image.toFile(), "r")) {
            open.seek(40);
            return open.readLong();
        }
    }

    @Test
    void theStructureFindsWhatIsMissingCutOrInAWrongPlace() throws IOException {
        for (Path file : List.of(
                full,
                full.resolveSibling("vda.digests"),
                full.resolveSibling("domain.xml"),
                full.resolveSibling("manifest.json"))) {
            byte[] good = Files.readAllBytes(file);
            Files.delete(file);
            assertThat(verify(VerifyDepth.STRUCTURE).damage())
                    .as("without %s", file)
                    .anySatisfy(finding -> assertThat(finding.file()).isEqualTo(file));
            Files.write(file, new byte[good.length - 1]);
            assertThat(verify(VerifyDepth.STRUCTURE).damage())
                    .as("with %s cut", file)
                    .anySatisfy(finding -> assertThat(finding.file()).isEqualTo(file));
            Files.write(file, good);
        }
        assertThat(verify(VerifyDepth.STRUCTURE).intact()).isTrue();
    }

    /** A leaf that the root still proves, and the root over the image file; the latter from the end. */
    @ParameterizedTest
    @ValueSource(ints = {40, -9})
    void whatBuildsOnADamagedDigestFileIsReadAsDeepAsWhatDoesNot(int at) throws IOException {
        Path digests = points.get(0).folder().resolve("vda.digests");
        flip(digests, at < 0 ? Files.size(digests) + at : at);
        assertThat(verify(VerifyDepth.FULL).lost()).isEmpty();
        long kept = keptBlock();
        AtomicBoolean flipped = new AtomicBoolean();

        VerifyReport report = repository
                .verify(VerifyRequest.everything().withDepth(VerifyDepth.FULL), progress -> {
                    // The full point has been looked at, so that only who reads the whole disk can see it.
                    if (progress.disksDone() == 1 && flipped.compareAndSet(false, true)) {
                        try (Qcow2Reader reader = Qcow2Reader.open(full)) {
                            flip(full, reader.extents(kept, 1).get(0).hostOffset());
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    }
                })
                .join();

        assertThat(report.lost())
                .containsExactly(
                        Map.entry("web1@" + points.get(1).id(), List.of(new LostRange("vda", kept, BlockTree.BLOCK))));
    }

    /** A block that is the same at both points. */
    private long keptBlock() throws IOException {
        try (Qcow2Reader reader = Qcow2Reader.open(increment)) {
            for (long at = 0; ; at += BlockTree.BLOCK) {
                List<ImageExtent> extents = reader.extents(at, BlockTree.BLOCK);
                if (extents.size() == 1 && extents.get(0).kind() == ImageExtent.Kind.UNALLOCATED) {
                    return at;
                }
            }
        }
    }

    @Test
    void noMoreIsReadInASecondThanAllowed() {
        long begin = System.nanoTime();
        VerifyReport report = repository
                .verify(VerifyRequest.ofPoint("web1", points.get(0).id()).limitedTo(20L * MIB), ProgressListener.NONE)
                .join();
        double seconds = (System.nanoTime() - begin) / 1e9;
        assertThat(report.bytes() / seconds).isLessThan(21.0 * MIB);
    }

    // ---- resuming

    private static final VerifyRequest RESUMING = VerifyRequest.everything().resuming();

    /** Interrupts itself when so many bytes have been read. */
    private void interruptedAfter(VerifyRequest request, long bytes) {
        Thread caller = Thread.currentThread();
        assertThatThrownBy(() -> repository
                        .verify(request.limitedTo(100L * MIB), progress -> {
                            if (progress.bytesMoved() >= bytes) {
                                caller.interrupt();
                            }
                        })
                        .join())
                .isInstanceOf(OperationCancelledException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(record()).exists();
    }

    private Path record() {
        return folder.resolve("backups/web1/.journal/verified");
    }

    @ParameterizedTest
    @EnumSource(names = {"DIGESTS", "FULL"})
    void anInterruptedVerificationResumesWhereItWas(VerifyDepth depth) {
        long all = verify(depth).bytes();
        assertThat(record()).doesNotExist();
        VerifyRequest request = RESUMING.withDepth(depth);
        interruptedAfter(request, all - 12 * MIB);

        VerifyReport second = repository.verify(request, ProgressListener.NONE).join();
        assertThat(second.intact()).isTrue();
        assertThat(second.points()).hasSize(2);
        assertThat(second.notices())
                .singleElement()
                .asString()
                .startsWith("the verification of domain web1 that began");
        // As many blocks as there are threads may have been under way.
        assertThat(second.bytes()).isLessThanOrEqualTo(12 * MIB + 4 * MIB);

        assertThat(record()).doesNotExist();
        VerifyReport third = repository.verify(request, ProgressListener.NONE).join();
        assertThat(third.bytes()).isEqualTo(all);
        assertThat(third.notices()).isEmpty();
    }

    @Test
    void whatWasFoundRightAndChangedSinceIsReadAgain() throws IOException {
        interruptedAfter(RESUMING, Files.size(full));
        long data = dataOffset(full);
        flip(full, data);
        assertThat(repository.verify(RESUMING, ProgressListener.NONE).join().damage())
                .singleElement()
                .satisfies(finding -> assertThat(finding.file()).isEqualTo(full));
    }

    @Test
    void damageThatWasFoundBeforeTheInterruptionIsFoundAgain() throws IOException {
        flip(full, dataOffset(full) + 3 * MIB);
        interruptedAfter(RESUMING, Files.size(full));
        VerifyReport second = repository.verify(RESUMING, ProgressListener.NONE).join();
        assertThat(second.damage()).singleElement().satisfies(finding -> {
            assertThat(finding.file()).isEqualTo(full);
            assertThat(finding.length()).isEqualTo(BlockTree.BLOCK);
        });
    }

    @Test
    void aRecordThatWasAlteredIsNotBelieved() throws IOException {
        long all = verify(VerifyDepth.DIGESTS).bytes();
        interruptedAfter(RESUMING, all / 2);
        flip(record(), Files.size(record()) / 2);
        VerifyReport second = repository.verify(RESUMING, ProgressListener.NONE).join();
        assertThat(second.bytes()).isEqualTo(all);
        assertThat(second.notices())
                .containsExactly(Notice.information(record() + " is damaged; everything is verified again"));
    }

    @Test
    void anotherDepthStartsFromTheBeginning() throws IOException {
        interruptedAfter(RESUMING, 4 * MIB);
        long all = verify(VerifyDepth.FULL).bytes();
        VerifyReport second = repository
                .verify(RESUMING.withDepth(VerifyDepth.FULL), ProgressListener.NONE)
                .join();
        assertThat(second.bytes()).isEqualTo(all);
        assertThat(second.notices())
                .extracting(Notice::text)
                .containsExactly("what was verified to depth digests is verified again to depth full");
        assertThat(record()).doesNotExist();
    }

    @Test
    void oneVerificationAtATimeKeepsTheRecord() {
        repository
                .verify(RESUMING, progress -> {
                    if (progress.phase() == Progress.Phase.VERIFYING && progress.disk() != null) {
                        assertThatThrownBy(() -> repository
                                        .verify(RESUMING, ProgressListener.NONE)
                                        .join())
                                .isInstanceOf(RepositoryException.class)
                                .hasMessageStartingWith("the record of verifications of domain web1 in ")
                                .hasMessageContaining("is being written by another run");
                    }
                })
                .join();
    }

    // ---- the journal

    @Test
    void aJournalEntryThatCannotBeReadIsDamageAndNoMore() throws IOException {
        Path entry = folder.resolve("backups/web1/.journal/20261122T200000Z-full.json");
        Files.writeString(entry, "{\"format\": \"virtwire-journal\", ");
        assertThat(repository.points("web1")).satisfies(listed -> {
            assertThat(listed.points()).hasSize(2);
            assertThat(listed.unfinished()).containsExactly("20261122T200000Z-full");
            assertThat(listed.damage()).extracting(Finding::file).containsExactly(entry);
        });
        for (VerifyDepth depth : VerifyDepth.values()) {
            VerifyReport report = verify(depth);
            assertThat(report.points()).hasSize(2);
            assertThat(report.damage()).singleElement().satisfies(finding -> {
                assertThat(finding.file()).isEqualTo(entry);
                assertThat(finding.message())
                        .startsWith("is not readable at line 1")
                        .endsWith("; delete it by hand");
            });
        }
    }
}
