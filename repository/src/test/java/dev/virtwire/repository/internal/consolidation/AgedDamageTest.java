// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.consolidation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.image.ImageExtent;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.PointDamage;
import dev.virtwire.repository.PointVerdict;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneReport;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.internal.format.DurableFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is damaged goes in its time: removed, or merged away by points that have overwritten what is damaged. */
class AgedDamageTest {
    private static final int SIZE = 4 << 20;

    @TempDir
    Path folder;

    private int chains;

    private Chain chain(int seed) {
        return new Chain(folder.resolve("r" + chains++), new Random(seed));
    }

    private static PruneReport prune(Chain chain, int last) {
        return Repository.open(chain.folder)
                .prune(PruneRequest.of("web1", Retention.ofLast(last)), ProgressListener.NONE)
                .join();
    }

    private static List<PointDamage> verify(Chain chain) {
        Repository repository = Repository.open(chain.folder);
        repository.verify(VerifyRequest.everything(), ProgressListener.NONE).join();
        return repository.points("web1").known();
    }

    /** A byte of what the image has of this block of vda. */
    private static void flip(Path image, int block) throws IOException {
        byte[] bytes = Files.readAllBytes(image);
        try (Qcow2Reader reader = Qcow2Reader.open(image)) {
            ImageExtent data = reader.extents((long) block << 20, 1 << 20).stream()
                    .filter(extent -> extent.kind() == ImageExtent.Kind.DATA)
                    .findFirst()
                    .orElseThrow();
            bytes[(int) data.hostOffset() + 77] ^= 1;
        }
        Files.write(image, bytes);
    }

    private static int[] left(Chain chain) {
        var store = chain.store(DurableFiles.PLAIN);
        return IntStream.range(0, chain.points.size())
                .filter(index -> store.hasPoint(chain.id(index)))
                .toArray();
    }

    @Test
    void aDamagedPointIsMergedAwayByWhatHasOverwrittenTheDamage() throws IOException {
        Chain chain = chain(1).grow(SIZE, 1);
        int damaged = chain.blockIncrement(1, 2);
        int healed = chain.blockIncrement(damaged, 2);
        chain.increment(healed);
        chain.increment(healed + 1);
        flip(chain.image(damaged, "vda"), 2);
        assertThat(verify(chain)).extracting(PointDamage::point).containsExactly(chain.id(damaged));

        PruneReport kept = prune(chain, 4);
        assertThat(left(chain)).as("what it builds on stays too").containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(kept.points().get(damaged).reason()).startsWith("it cannot be restored: disk vda was found damaged");
        assertThat(kept.points().get(1).reason()).isEqualTo("one of the last 4");

        PruneReport report = prune(chain, 2);
        assertThat(report.damage()).isEmpty();
        assertThat(report.merged()).extracting(PointVerdict::point).contains(chain.id(damaged));
        assertThat(verify(chain)).isEmpty();
        chain.requireRight(4, 5);
    }

    /** The merged image would be made of the damaged one in its place; what is damaged would stay in the file. */
    @Test
    void anImageThatWasFoundDamagedDoesNotBecomeOneOfAPointThatStays() throws IOException {
        Chain chain = chain(2).grow(SIZE, 0);
        int damaged = chain.blockIncrement(chain.blockIncrement(0, 1), 1);
        int healed = chain.blockIncrement(damaged, 1);
        flip(chain.image(1, "vda"), 1);
        flip(chain.image(damaged, "vda"), 1);
        assertThat(verify(chain)).hasSize(2);

        assertThat(prune(chain, 1).damage()).isEmpty();

        chain.requireRight(healed);
    }

    @Test
    void tablesWithErrorsThatNobodyKnowsOfDoNotHoldAMergeUp() throws IOException {
        Chain chain = chain(3).grow(SIZE, 2);
        Path image = chain.image(0, "vda");
        byte[] bytes = Files.readAllBytes(image);
        // The first entry of the refcount table, and there the count of the last cluster.
        int table = (int) ByteBuffer.wrap(bytes).getLong(48);
        int refcounts = (int) ByteBuffer.wrap(bytes).getLong(table);
        bytes[refcounts + 2 * (bytes.length / 65536 - 1) + 1] ^= 6;
        Files.write(image, bytes);

        assertThat(prune(chain, 1).damage()).isEmpty();

        chain.requireRight(2);
    }

    /** The images prove by the root of that point what stood in the file, and the merged one gets a new one. */
    @Test
    void aDamagedDigestFileHoldsNoMergeUp() throws IOException {
        for (int index = 0; index < 4; index++) {
            for (int place : new int[] {5, 40, 200}) {
                Chain chain = chain(5).grow(SIZE, 4);
                Path digests = chain.image(index, "vda").resolveSibling("vda.digests");
                byte[] bytes = Files.readAllBytes(digests);
                bytes[Math.min(place, bytes.length - 1)] ^= 2;
                Files.write(digests, bytes);
                if (place == 40) {
                    verify(chain);
                }

                assertThat(prune(chain, 2).damage())
                        .as("byte %d of the digests of point %d", place, index)
                        .isEmpty();

                assertThat(left(chain)).containsExactly(3, 4);
                chain.requireRight(3, 4);
                assertThat(verify(chain)).extracting(PointDamage::point).isSubsetOf(chain.id(3));
            }
        }
    }

    @Test
    void aDamagedDigestFileOfAPointThatStaysHoldsNoMergeIntoItsChildUp() throws IOException {
        Chain chain = chain(6).grow(SIZE, 4);
        for (int held : new int[] {0, 1}) {
            Repository.open(chain.folder).hold("web1", chain.id(held), null);
        }
        Path digests = chain.image(1, "vda").resolveSibling("vda.digests");
        byte[] bytes = Files.readAllBytes(digests);
        bytes[bytes.length - 1] ^= 2;
        Files.write(digests, bytes);

        prune(chain, 1);

        chain.requireRight(List.of(), 0, 1, 4);
        chain.restore(1);
        chain.restore(4);
        assertThat(verify(chain)).extracting(PointDamage::point).containsExactly(chain.id(1));
    }

    /** The part of the first cluster that nothing needs; every image has it. */
    private static void flipWhatNothingNeeds(Path image) throws IOException {
        byte[] bytes = Files.readAllBytes(image);
        bytes[65_000] ^= 1;
        Files.write(image, bytes);
    }

    @Test
    void whatIsKnownOfFilesGoesWithThemAndWhatIsKnownOfOthersStays() throws IOException {
        Chain chain = chain(7).grow(SIZE, 4);
        for (int index : new int[] {1, 2, 3, 4}) {
            flipWhatNothingNeeds(chain.image(index, "vda"));
            flipWhatNothingNeeds(chain.image(index, "vdb"));
        }
        assertThat(verify(chain))
                .hasSize(4)
                .allSatisfy(damage -> assertThat(damage.lost()).isEmpty());

        chain.merge(3, 1, 2);

        List<PointDamage> known = Repository.open(chain.folder).points("web1").known();
        assertThat(known).extracting(PointDamage::point).containsExactly(chain.id(4));
        assertThat(known.get(0).files())
                .extracting(Finding::file)
                .containsExactlyInAnyOrder(chain.image(4, "vda"), chain.image(4, "vdb"));
        assertThat(verify(chain)).isEqualTo(known);
    }

    @Test
    void damageThatIsStillNeededHoldsUpTheMergeAndNothingIsLost() throws IOException {
        Chain chain = chain(4).grow(SIZE, 0);
        int damaged = chain.blockIncrement(0, 1);
        int other = chain.blockIncrement(damaged, 0);
        flip(chain.image(damaged, "vda"), 1);

        // Nobody has verified: both points count as good.
        PruneReport report = prune(chain, 1);

        assertThat(report.damage()).isNotEmpty();
        assertThat(left(chain)).containsExactly(0, damaged, other);
        assertThat(Repository.open(chain.folder).points("web1").known())
                .extracting(PointDamage::point)
                .contains(chain.id(other));
        assertThat(prune(chain, 1).removed()).as("there is no newer good point").isEmpty();
    }

    @Test
    void aChainWithoutItsRootAgesOutWhenGoodPointsAreThereThatDoNotNeedIt() throws IOException {
        for (boolean all : new boolean[] {false, true}) {
            Chain chain = chain(5).grow(SIZE, 3).grow(SIZE, 1);
            if (all) {
                DurableFiles.PLAIN.deleteTree(chain.points.get(0).folder());
            } else {
                Files.delete(chain.image(0, "vda"));
            }

            assertThat(prune(chain, 4).removed())
                    .extracting(PointVerdict::point)
                    .doesNotContain(chain.id(2));
            assertThat(prune(chain, 2).damage()).isNotEmpty();

            assertThat(left(chain)).containsExactly(4, 5);
            chain.restore(4);
            chain.restore(5);
        }
    }

    @Test
    void aGoodPointThatBuildsOnTheWholeDiskOfADamagedOneTakesThatIn() throws IOException {
        for (boolean all : new boolean[] {false, true}) {
            Chain chain = chain(6).grow(SIZE, 0);
            int broken = chain.increment(0, Set.of("vdb"));
            int good = chain.increment(broken, Set.of("vda"));
            chain.increment(good);
            if (all) {
                DurableFiles.PLAIN.deleteTree(chain.points.get(0).folder());
            } else {
                Files.delete(chain.image(0, "vda"));
            }

            PruneReport report = prune(chain, 2);

            assertThat(report.merged()).extracting(PointVerdict::point).contains(chain.id(broken));
            assertThat(left(chain)).containsExactly(good, good + 1);
            assertThat(verify(chain)).isEmpty();
            chain.restore(good);
            chain.restore(good + 1);
            assertThat(prune(chain, 2).damage()).as("nothing names it any more").isEmpty();
        }
    }
}
