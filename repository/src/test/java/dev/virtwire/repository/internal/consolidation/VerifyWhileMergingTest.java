// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.consolidation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.LostRange;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointDamage;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.chain.DiskLayer;
import dev.virtwire.repository.internal.chain.OpenChains;
import dev.virtwire.repository.internal.format.CrashingFiles;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.store.DomainStore;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Merges that begin and end while a verification runs: what it says is of the points as they are then. */
class VerifyWhileMergingTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private Chain chain;

    /** Increment i overwrites block i of vda. */
    @BeforeEach
    void makeFivePoints() throws IOException {
        chain = fivePoints(-1);
    }

    private Chain fivePoints(int number) throws IOException {
        Chain made = new Chain(folder.resolve("r" + number), new Random(5)).grow(8 * MIB, 0);
        for (int i = 0; i < 4; i++) {
            made.blockIncrement(i, i + 1);
        }
        return made;
    }

    /** Does something once so many disks have been verified, each point having two. */
    private VerifyReport verify(VerifyDepth depth, int disks, Step step) {
        AtomicBoolean done = new AtomicBoolean();
        VerifyReport report = Repository.open(chain.folder)
                .verify(VerifyRequest.everything().withDepth(depth), progress -> {
                    if (progress.disksDone() == disks && done.compareAndSet(false, true)) {
                        try {
                            step.run();
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    }
                })
                .join();
        assertThat(done).isTrue();
        return report;
    }

    private interface Step {
        void run() throws IOException;
    }

    private static void flip(Path image, long guestOffset) throws IOException {
        long at;
        try (Qcow2Reader reader = Qcow2Reader.open(image)) {
            at = reader.extents(guestOffset, 1).get(0).hostOffset();
        }
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.seek(at);
            int value = file.read();
            file.seek(at);
            file.write(value ^ 1);
        }
    }

    private String name(int index) {
        return "web1@" + chain.id(index);
    }

    @Test
    void aChainThatIsOpenedAfterAMergeHasNoLayerOfBefore() throws IOException {
        DomainStore store = chain.store(DurableFiles.PLAIN);
        Point third = store.point(chain.id(3));
        Point fourth = store.point(chain.id(4));
        try (OpenChains chains = new OpenChains(store)) {
            chains.open(third, third.manifest().disk("vda")).close();
            assertThat(chains.isStill("vda")).isTrue();

            chain.merge(2, 0, 1);

            assertThat(chains.isStill("vda")).isFalse();
            try (DiskChain after = chains.open(fourth, fourth.manifest().disk("vda"));
                    DiskChain alone =
                            DiskChain.open(store, fourth, fourth.manifest().disk("vda"))) {
                assertThat(after.layers())
                        .extracting(DiskLayer::file)
                        .isEqualTo(alone.layers().stream().map(DiskLayer::file).toList())
                        .hasSize(3)
                        .allSatisfy(file -> assertThat(file).exists());
            }
            assertThat(chains.isStill("vda")).isTrue();
        }
    }

    @Test
    void whatIsDamagedInAMergedImageIsFoundInThosePointsThatAreVerifiedAfterIt() throws IOException {
        VerifyReport report = verify(VerifyDepth.FULL, 8, () -> {
            chain.merge(2, 0, 1);
            flip(chain.image(2, "vda"), 2 * MIB);
        });

        assertThat(report.lost()).containsEntry(name(4), List.of(new LostRange("vda", 2 * MIB, MIB)));
        assertThat(report.damage()).isNotEmpty();
        assertThat(Files.exists(chain.points.get(0).folder())).isFalse();
    }

    @Test
    void aPointThatIsMergedAfterItWasVerifiedIsVerifiedAgainIfItsChildrenMeetDamage() throws IOException {
        VerifyReport report = verify(VerifyDepth.FULL, 6, () -> {
            chain.merge(2, 0, 1);
            flip(chain.image(2, "vda"), 2 * MIB);
        });

        LostRange lost = new LostRange("vda", 2 * MIB, MIB);
        assertThat(report.lost())
                .containsOnly(
                        Map.entry(name(2), List.of(lost)),
                        Map.entry(name(3), List.of(lost)),
                        Map.entry(name(4), List.of(lost)));
        assertThat(report.damage()).extracting(Finding::file).containsOnly(chain.image(2, "vda"));
        assertThat(report.unverifiable()).isEmpty();
        assertThat(Repository.open(chain.folder).points("web1").known())
                .filteredOn(known -> !known.lost().isEmpty())
                .extracting(PointDamage::point)
                .containsExactlyInAnyOrder(chain.id(2), chain.id(3), chain.id(4));
    }

    @Test
    void aPointThatIsRemovedMeanwhileEndsNoVerificationOfWhatBuildsOnIt() throws IOException {
        VerifyReport report = verify(
                VerifyDepth.FULL,
                6,
                () -> DurableFiles.PLAIN.deleteTree(chain.points.get(1).folder()));

        assertThat(report.damage())
                .extracting(Finding::file)
                .contains(chain.points.get(1).folder());
        assertThat(report.lost()).containsKeys(name(3), name(4));
        assertThat(report.unverifiable()).isEmpty();
    }

    @Test
    void aManifestThatBecomesUnreadableMeanwhileIsDamageAndEndsNothing() throws IOException {
        Path manifest = chain.points.get(1).folder().resolve("manifest.json");

        VerifyReport report = verify(VerifyDepth.FULL, 6, () -> {
            Files.writeString(manifest, "{");
            flip(chain.image(3, "vda"), 3 * MIB);
        });

        assertThat(report.damage()).extracting(Finding::file).contains(manifest, chain.image(3, "vda"));
        assertThat(report.lost()).containsKeys(name(3), name(4));
    }

    /** What another run of this program does as soon as it finds a merge whose run died. */
    @Test
    void filesThatMoveToTheirPlacesAreNoDamage() throws IOException {
        for (int step = 0; !Files.exists(chain.points.get(3).folder().resolve(".merged")); step++) {
            chain = fivePoints(step);
            try {
                chain.consolidator(CrashingFiles.at(step)).merge(chain.id(3), chain.ids(1, 2));
            } catch (RuntimeException e) {
                assertThat(e).hasStackTraceContaining("crash at ");
            }
        }
        AtomicLong moved = new AtomicLong(-1);

        VerifyReport report = Repository.open(chain.folder)
                // So slowly that its listener hears of it while a disk is read.
                .verify(VerifyRequest.everything().limitedTo(6 * MIB), progress -> {
                    // The bytes of the image of point 3 are being read.
                    if (progress.disksDone() == 2
                            && !moved.compareAndSet(-1, progress.bytesMoved())
                            && progress.bytesMoved() > moved.get()
                            && moved.getAndSet(Long.MAX_VALUE) < Long.MAX_VALUE) {
                        Repository.open(chain.folder)
                                .prune(PruneRequest.of("web1", Retention.ofLast(9)), ProgressListener.NONE)
                                .join();
                    }
                })
                .join();

        assertThat(moved).hasValue(Long.MAX_VALUE);
        assertThat(chain.points.get(3).folder().resolve(".merged")).doesNotExist();
        assertThat(report.damage()).isEmpty();
        assertThat(report.unverifiable()).isEmpty();
    }
}
