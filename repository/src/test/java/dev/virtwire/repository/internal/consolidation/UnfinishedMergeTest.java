// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.consolidation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.ImageExtent;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.LostRange;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneReport;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.RestoreResult;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.internal.damage.DamageRecord;
import dev.virtwire.repository.internal.format.CrashingFiles;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.retention.Pruner;
import dev.virtwire.repository.internal.store.DomainStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage and readers that meet a merge which has not ended. */
class UnfinishedMergeTest {
    @TempDir
    Path folder;

    private int chains;

    private Chain chain(long seed) throws IOException {
        return new Chain(folder.resolve("r" + chains++), new Random(seed)).grow(3 << 20, 4);
    }

    /** In which the increments overwrite little. */
    private Chain littleChain(long seed) throws IOException {
        Chain little = new Chain(folder.resolve("r" + chains++), new Random(seed)).grow(4 << 20, 0);
        for (int i = 0; i < 4; i++) {
            little.littleIncrement(i);
        }
        return little;
    }

    /** Points 1 and 2 are gone, and nothing of what takes the place of point 3 is there. */
    private static Chain diedInStepFour(Callable<Chain> chains) throws Exception {
        for (int step = 0; ; step++) {
            Chain chain = chains.call();
            try {
                chain.consolidator(CrashingFiles.at(step)).merge(chain.id(3), chain.ids(1, 2));
            } catch (RuntimeException e) {
                if (!chain.store(DurableFiles.PLAIN).hasPoint(chain.id(1))) {
                    return chain;
                }
            }
        }
    }

    /** The points between the one that stays and the base are not gone: another point builds on them. */
    @Test
    void whatAMergeOverABranchStillReadsIsNotRemoved() throws Exception {
        int met = 0;
        boolean crashed = true;
        for (int step = 0; crashed; step++) {
            Chain chain = new Chain(folder.resolve("r" + chains++), new Random(17)).grow(1 << 20, 2);
            int branch = chain.increment(2);
            int gone = chain.increment(2);
            int stays = chain.increment(gone);
            int newest = chain.increment(0);
            Repository.open(chain.folder).hold("web1", chain.id(stays), null);
            crashed = false;
            try {
                chain.consolidator(CrashingFiles.at(step)).merge(chain.id(stays), chain.ids(gone, 2, 1));
            } catch (RuntimeException e) {
                crashed = true;
            }
            DomainStore store = chain.store(DurableFiles.PLAIN);
            if (!crashed || !store.journal().hasMerges()) {
                continue;
            }
            met++;
            // Nothing can be merged, as if there were no room.
            new Pruner(store, Retention.ofLast(1), null, ProgressListener.NONE).run();
            assertThat(store.hasPoint(chain.id(branch))).isFalse();
            chain.restore(stays);
            Repository.open(chain.folder)
                    .prune(PruneRequest.of("web1", Retention.ofLast(1)), ProgressListener.NONE)
                    .join();
            chain.requireRight(stays, newest);
        }
        assertThat(met).isGreaterThan(2);
    }

    /** One byte of each cluster of data that the image has. */
    private static void damage(Path image) throws IOException {
        damage(image, 0);
    }

    /** The same, from a place of the disk on. */
    private static void damage(Path image, long from) throws IOException {
        byte[] bytes = Files.readAllBytes(image);
        try (Qcow2Reader reader = Qcow2Reader.open(image)) {
            for (ImageExtent extent : reader.extents(from, reader.virtualSize() - from)) {
                for (long at = 0; extent.kind() == ImageExtent.Kind.DATA && at < extent.length(); at += 65536) {
                    bytes[(int) (extent.hostOffset() + at)] ^= 1;
                }
            }
        }
        Files.write(image, bytes);
    }

    private static PruneReport prune(Chain chain, int last) {
        return Repository.open(chain.folder)
                .prune(PruneRequest.of("web1", Retention.ofLast(last)), ProgressListener.NONE)
                .join();
    }

    private static VerifyReport verify(Chain chain) {
        return Repository.open(chain.folder)
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();
    }

    /** The blocks of 1 MiB in which two contents of vda differ, neighbours together. */
    private static List<LostRange> lost(byte[] found, byte[] expected) {
        List<LostRange> lost = new ArrayList<>();
        int begin = -1;
        for (int at = 0; at <= expected.length; at += 1 << 20) {
            int end = Math.min(expected.length, at + (1 << 20));
            boolean same = at == expected.length || Arrays.equals(found, at, end, expected, at, end);
            if (same && begin >= 0) {
                lost.add(new LostRange("vda", begin, at - begin));
            }
            begin = same ? -1 : begin < 0 ? at : begin;
        }
        return lost;
    }

    private static DamageRecord known(Chain chain) {
        return DamageRecord.of(chain.store(DurableFiles.PLAIN));
    }

    private static Point point(Chain chain, int index) {
        return chain.store(DurableFiles.PLAIN).point(chain.id(index));
    }

    @Test
    void whatItNeedsStaysIfItCannotBeFinished() throws Exception {
        Chain chain = diedInStepFour(() -> chain(1));
        damage(chain.image(3, "vda"));

        PruneReport report = prune(chain, 1);

        assertThat(report.damage()).isNotEmpty();
        DomainStore store = chain.store(DurableFiles.PLAIN);
        assertThat(store.pointIds()).containsExactly(chain.id(0), chain.id(3), chain.id(4));
        assertThat(store.hasFolder(chain.id(1))).isTrue();
        assertThat(report.points().get(1).reason()).isEqualTo("a merge into it has not ended");
        assertThat(known(chain).isDamaged(point(chain, 3))).isTrue();
    }

    @Test
    void whatAMergeFindsDamagedIsRemembered() throws IOException {
        Chain chain = chain(2);
        damage(chain.image(4, "vda"));

        PruneReport report = prune(chain, 1);

        assertThat(report.damage()).isNotEmpty();
        assertThat(report.removed()).isEmpty();
        assertThat(known(chain).problem(point(chain, 4), "vda")).contains("found damaged by prune");
        assertThat(known(chain).problem(point(chain, 4), "vdb")).isNull();
    }

    @Test
    void damagedTablesAreDamageToo() throws IOException {
        Chain chain = chain(3);
        Path image = chain.image(3, "vda");
        byte[] bytes = Files.readAllBytes(image);
        int l1 = (int) ByteBuffer.wrap(bytes).getLong(40);
        bytes[l1 + 7] ^= 1;
        Files.write(image, bytes);

        assertThatThrownBy(() -> chain.merge(4, 2, 3)).isInstanceOf(DamagedException.class);
        assertThat(prune(chain, 1).damage()).extracting(Finding::file).contains(image);
    }

    @Test
    void knownDamageIsNotTakenBackWithoutReadingWhatIsInherited() throws Exception {
        Chain chain = diedInStepFour(() -> littleChain(4));
        damage(chain.image(0, "vda"));
        List<LostRange> lost = verify(chain).lost().get("web1@" + chain.id(3));
        assertThat(lost).isEqualTo(lost(chain.read(3, "vda"), chain.content(3, "vda")));

        assertThat(verify(chain).lost().get("web1@" + chain.id(3))).isEqualTo(lost);

        assertThat(known(chain).isDamaged(point(chain, 3))).isTrue();
    }

    @Test
    void ifNobodyKnowsWhatIsGoneNothingIsRemoved() throws Exception {
        Chain chain = diedInStepFour(() -> chain(5));
        Path record = chain.store(DurableFiles.PLAIN).merges().file(chain.id(3));
        byte[] bytes = Files.readAllBytes(record);
        bytes[bytes.length / 2] ^= 1;
        Files.write(record, bytes);
        int before = chain.store(DurableFiles.PLAIN).pointIds().size();

        assertThatThrownBy(() -> prune(chain, 1)).isInstanceOf(DamagedException.class);

        assertThat(chain.store(DurableFiles.PLAIN).pointIds()).hasSize(before);
        assertThat(verify(chain).damage()).extracting(Finding::file).contains(record);
    }

    @Test
    void aMergeBesideAVerificationIsNoDamage() throws IOException {
        for (int when = 0; when < 24; when++) {
            Chain chain = chain(6);
            VerifyDepth depth = when % 2 == 0 ? VerifyDepth.DIGESTS : VerifyDepth.FULL;
            VerifyReport report = Repository.open(chain.folder)
                    .verify(VerifyRequest.everything().withDepth(depth), mergeAt(chain, when))
                    .join();

            assertThat(report.damage()).as("merged at %d", when).isEmpty();
            assertThat(report.lost()).as("merged at %d", when).isEmpty();
            assertThat(report.unverifiable()).as("merged at %d", when).isEmpty();
            assertThat(damageFile(chain)).as("merged at %d", when).doesNotExist();
        }
    }

    @Test
    void aRestoreReadsOnWhenPointsAreMergedBesideIt() throws IOException {
        int merged = 0;
        for (int when = 0; when < 10; when++) {
            Chain chain = chain(7);
            chain.restore(3, mergeAt(chain, when));
            assertThat(damageFile(chain)).as("merged at %d", when).doesNotExist();
            merged += chain.store(DurableFiles.PLAIN).pointIds().size() == 3 ? 1 : 0;
        }
        assertThat(merged).isGreaterThan(3);
    }

    @Test
    void aRestoreReadsOnAfterEachOfSeveralMergesAndOfTheirSteps() throws IOException {
        for (int seed = 0; seed < 4; seed++) {
            Chain chain = new Chain(folder.resolve("r" + chains++), new Random(seed)).grow(6 << 20, 6);
            int[] told = {0};
            chain.restore(6, progress -> {
                if (progress.phase() != Progress.Phase.PREPARING && told[0] < 5) {
                    int gone = told[0]++;
                    try {
                        chain.consolidator(CrashingFiles.at(12)).merge(chain.id(gone + 1), chain.ids(gone));
                    } catch (RuntimeException e) {
                        chain.consolidator(DurableFiles.PLAIN).resume();
                    }
                }
            });
            assertThat(damageFile(chain)).doesNotExist();
            assertThat(chain.store(DurableFiles.PLAIN).pointIds()).hasSizeLessThan(5);
        }
    }

    @Test
    void aRestoreOfAChainIsBegunAgain() throws IOException {
        for (int when = 0; when < 10; when++) {
            Chain chain = chain(9);
            Path out = folder.resolve("chain" + when);
            Repository.open(chain.folder)
                    .restore(RestoreRequest.of(chain.points.get(3), out).asChain(), mergeAt(chain, when))
                    .join();

            Path copied = out.resolve("web1").resolve(chain.id(3));
            for (String target : List.of("vda", "vdb")) {
                assertThat(Chain.read(copied.resolve(target + ".qcow2")))
                        .as("merged at %d", when)
                        .isEqualTo(chain.content(3, target));
            }
            assertThat(damageFile(chain)).doesNotExist();
        }
    }

    @Test
    void aPointThatIsRemovedWhileItIsRestoredLeavesNothing() throws IOException {
        Chain chain = chain(10);
        Path out = folder.resolve("removed");

        assertThatThrownBy(() -> Repository.open(chain.folder)
                        .restore(RestoreRequest.of(chain.points.get(2), out), mergeAt(chain, 0))
                        .join())
                .isInstanceOf(RepositoryException.class)
                .isNotInstanceOf(DamagedException.class)
                .hasMessageContaining("was removed while it was read");

        assertThat(out).doesNotExist();
        assertThat(damageFile(chain)).doesNotExist();
    }

    @Test
    void aMergeDoesNotHideDamageFromARestore() throws IOException {
        for (int when = 0; when < 6; when++) {
            Chain chain = new Chain(folder.resolve("r" + chains++), new Random(1)).grow(6 << 20, 0);
            for (int block : new int[] {1, 2, 1, 2}) {
                chain.blockIncrement(chain.points.size() - 1, block);
            }
            damage(chain.image(0, "vda"), 5 << 20);
            Path out = folder.resolve("damaged" + when);

            RestoreResult result = Repository.open(chain.folder)
                    .restore(RestoreRequest.of(chain.points.get(3), out).salvaging(), mergeAt(chain, when))
                    .join();

            assertThat(result.lost())
                    .as("merged at %d", when)
                    .containsExactlyElementsOf(lost(chain.read(3, "vda"), chain.content(3, "vda")))
                    .isNotEmpty();
        }
    }

    private static Path damageFile(Chain chain) {
        return chain.store(DurableFiles.PLAIN).journal().folder().resolve(Names.DAMAGE);
    }

    /** Merges when it is told of progress so often. */
    private static ProgressListener mergeAt(Chain chain, int when) {
        int[] told = {0};
        return progress -> {
            if (progress.phase() != Progress.Phase.PREPARING && told[0]++ == when) {
                chain.merge(3, 1, 2);
            }
        };
    }
}
