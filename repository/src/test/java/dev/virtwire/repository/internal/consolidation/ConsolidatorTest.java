// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.consolidation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.Compression;
import dev.virtwire.image.ImageExtent;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.internal.format.CrashingFiles;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Sha256;
import dev.virtwire.repository.internal.journal.MergeRecord;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ConsolidatorTest {
    private static final int SIZE = 5 << 20;
    private static final List<VerifyDepth> DEEPEST = List.of(VerifyDepth.DIGESTS, VerifyDepth.FULL);

    @TempDir
    Path folder;

    private Chain chain(int seed) {
        return new Chain(folder.resolve("r" + seed), new Random(seed));
    }

    @ParameterizedTest
    @EnumSource
    void thePointThatStaysStandsAlone(Compression compression) throws IOException {
        Chain chain = chain(1).compressing(compression).grow(SIZE, 4);
        chain.merge(3, 0, 1, 2);

        chain.requireRight(3, 4);
        Manifest merged = chain.store(DurableFiles.PLAIN).point(chain.id(3)).manifest();
        assertThat(merged.parent()).isNull();
        assertThat(merged.previous()).isNull();
        assertThat(merged.level()).isEqualTo(Level.FULL);
        assertThat(merged.replaces()).containsExactly(chain.points.get(3).manifestSha256());
        assertThat(merged.disks()).allSatisfy(disk -> {
            assertThat(disk.level()).isEqualTo(Level.FULL);
            assertThat(disk.content())
                    .isEqualTo(
                            chain.points.get(3).manifest().disk(disk.target()).content());
        });
    }

    @ParameterizedTest
    @EnumSource
    void betweenTwoThatStayItBuildsOnTheEarlierOne(Compression compression) throws IOException {
        Chain chain = chain(2).compressing(compression).grow(SIZE, 5);
        chain.merge(4, 2, 3);

        chain.requireRight(0, 1, 4, 5);
        Manifest merged = chain.store(DurableFiles.PLAIN).point(chain.id(4)).manifest();
        assertThat(merged.parent().point()).isEqualTo(chain.id(1));
        assertThat(merged.previous().point()).isEqualTo(chain.id(1));
        assertThat(merged.level()).isEqualTo(Level.INCREMENTAL);
    }

    @Test
    void oneAfterTheOtherUntilOneIsLeft() throws IOException {
        Chain chain = chain(3).grow(SIZE, 5);
        chain.merge(1, 0);
        chain.requireRight(1, 2, 3, 4, 5);
        chain.merge(3, 2);
        chain.merge(3, 1);
        chain.requireRight(3, 4, 5);
        chain.merge(5, 3, 4);
        chain.requireRight(5);
    }

    @Test
    void nothingIsMadeAnewIfTheOldestImageCanBeChanged() throws IOException {
        Chain chain = chain(4).grow(SIZE, 3);
        Object oldest = Files.readAttributes(chain.image(1, "vda"), BasicFileAttributes.class)
                .fileKey();
        chain.merge(3, 1, 2);
        assertThat(Files.readAttributes(chain.image(3, "vda"), BasicFileAttributes.class)
                        .fileKey())
                .isEqualTo(oldest);
    }

    @Test
    void ofABranchTheLastOneTakesWhatIsShared() throws IOException {
        Chain chain = chain(5).grow(SIZE, 3);
        int branch = chain.increment(1);
        chain.merge(branch, 0, 1);
        chain.requireRight(0, 1, 2, 3, branch);
        chain.merge(2, 0, 1);
        chain.requireRight(2, 3, branch);
    }

    @Test
    void aFileWithASecondNameIsLeftAsItIs() throws IOException {
        Chain chain = chain(6).grow(SIZE, 3);
        Path copy = folder.resolve("copy");
        Files.createDirectories(copy);
        Map<Path, byte[]> before = new LinkedHashMap<>();
        for (int i = 0; i < 4; i++) {
            for (String target : new String[] {"vda", "vdb"}) {
                Path second = copy.resolve(i + target);
                Files.createLink(second, chain.image(i, target));
                before.put(second, Files.readAllBytes(second));
            }
        }
        chain.merge(2, 0, 1);
        chain.requireRight(2, 3);
        before.forEach((file, content) -> assertThat(file).hasBinaryContent(content));
    }

    /** As {@code cp -al} makes one. */
    @ParameterizedTest
    @EnumSource(names = {"NONE", "ZSTD"})
    void aCopyOfHardLinksBesideTheRepositoryKeepsEveryByte(Compression compression) throws IOException {
        Chain chain = chain(9).compressing(compression).grow(2 << 20, 5);
        int branch = chain.increment(2);
        chain.increment(branch);
        Path copy = folder.resolve("copy of the repository");
        try (Stream<Path> all = Files.walk(chain.folder)) {
            for (Path path : all.sorted().toList()) {
                Path other = copy.resolve(chain.folder.relativize(path));
                if (Files.isDirectory(path)) {
                    Files.createDirectory(other);
                } else {
                    Files.createLink(other, path);
                }
            }
        }
        Map<Path, String> before = contents(copy);
        int[] all = IntStream.range(0, chain.points.size()).toArray();

        assertThat(prune(chain, 5)).isPositive();
        assertThat(prune(chain, 3)).isPositive();
        chain.increment(chain.points.size() - 1);
        chain.increment(chain.points.size() - 1);
        assertThat(prune(chain, 2)).isPositive();

        assertThat(contents(copy)).isEqualTo(before);
        chain.requireRight(DEEPEST, 8, 9);
        chain.at(copy).requireRight(DEEPEST, all);
    }

    /** How many merges it took. */
    private static int prune(Chain chain, int last) {
        return Repository.open(chain.folder)
                .prune(PruneRequest.of("web1", Retention.ofLast(last)), ProgressListener.NONE)
                .join()
                .merges()
                .size();
    }

    @Test
    void ifWhatStaysIsDamagedNothingIsMerged() throws IOException {
        Chain chain = chain(7).grow(SIZE, 3);
        Path image = chain.image(3, "vda");
        byte[] bytes = Files.readAllBytes(image);
        try (Qcow2Reader reader = Qcow2Reader.open(image)) {
            for (ImageExtent extent : reader.extents(0, reader.virtualSize())) {
                if (extent.kind() == ImageExtent.Kind.DATA) {
                    bytes[(int) extent.hostOffset()] ^= 1;
                }
            }
        }
        Files.write(image, bytes);
        Map<Path, String> before = contents(chain.folder);

        assertThatThrownBy(() -> chain.merge(3, 1, 2)).isInstanceOf(DamagedException.class);

        assertThat(contents(chain.folder)).isEqualTo(before);
    }

    @Test
    void aRandomFamilyKeepsItsTruth() throws IOException {
        for (int seed = 100; seed < 103; seed++) {
            Random random = new Random(seed);
            Chain chain = chain(seed).grow(3 << 20, 2);
            for (int i = 0; i < 5; i++) {
                chain.compressing(Compression.values()[random.nextInt(3)]);
                chain.increment(Math.max(0, chain.points.size() - 1 - random.nextInt(2)));
            }
            DomainStore store = chain.store(DurableFiles.PLAIN);
            for (int i = 1; i < chain.points.size(); i++) {
                if (random.nextBoolean() && store.hasPoint(chain.id(i))) {
                    var parent = store.point(chain.id(i)).manifest().parent();
                    if (parent != null) {
                        chain.consolidator(DurableFiles.PLAIN).merge(chain.id(i), Set.of(parent.point()));
                        int[] left = IntStream.range(0, chain.points.size())
                                .filter(each -> store.hasPoint(chain.id(each)))
                                .toArray();
                        chain.requireRight(left);
                    }
                }
            }
        }
    }

    /** Wherever it dies, each point reads right, for programs that know images only as well; and it can be finished. */
    @ParameterizedTest
    @EnumSource(names = {"NONE", "ZSTD"})
    void aDeathAtAnyStepIsNoLoss(Compression compression) throws IOException {
        boolean crashed = true;
        int midway = 0;
        for (int step = 0; crashed; step += compression == Compression.NONE ? 1 : 5) {
            Chain chain = chain(1000 + step).compressing(compression).grow(1 << 20, 4);
            // A second name has one of the disks copied, and the other edited.
            Files.createLink(folder.resolve("second" + step), chain.image(1, "vdb"));
            crashed = false;
            try {
                chain.consolidator(CrashingFiles.at(step)).merge(chain.id(3), chain.ids(1, 2));
            } catch (RuntimeException e) {
                crashed = true;
            }
            boolean begun = !chain.store(DurableFiles.PLAIN).hasPoint(chain.id(1));
            midway += crashed && begun ? 1 : 0;
            int[] left = begun ? new int[] {0, 3, 4} : new int[] {0, 1, 2, 3, 4};
            chain.requireRight(DEEPEST, left);
            chain.restore(3);
            for (String target : new String[] {"vda", "vdb"}) {
                assertThat(chain.read(3, target)).isEqualTo(chain.content(3, target));
                assertThat(chain.read(4, target)).isEqualTo(chain.content(4, target));
            }
            chain.consolidator(DurableFiles.PLAIN).resume();
            chain.requireRight(DEEPEST, left);
            assertThat(contents(chain.folder).keySet().stream().map(path -> String.valueOf(path.getFileName())))
                    .noneMatch(name -> name.startsWith(Names.MERGED) || name.endsWith(".merge"));
        }
        assertThat(midway).isGreaterThan(compression == Compression.NONE ? 20 : 4);
    }

    @Test
    void aPointThatIsGoneDoesNotLendItsIdToANewOne() throws IOException {
        Chain chain = chain(8).grow(1 << 20, 2);
        DomainStore store = chain.store(DurableFiles.PLAIN);
        Point gone = chain.points.get(1);
        store.merges()
                .write(new MergeRecord(
                        MergeRecord.FORMAT,
                        MergeRecord.VERSION,
                        store.repositoryId(),
                        chain.id(2),
                        gone.manifestSha256(),
                        List.of(gone.id()),
                        chain.id(0),
                        gone.manifest().began(),
                        List.of()));
        DurableFiles.PLAIN.deleteTree(gone.folder());

        assertThat(store.newPointId(gone.manifest().began(), Level.INCREMENTAL)).isEqualTo(gone.id() + "-2");
    }

    private static Map<Path, String> contents(Path folder) throws IOException {
        Map<Path, String> contents = new LinkedHashMap<>();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted().toList()) {
                contents.put(path, Files.isRegularFile(path) ? Sha256.hex(Sha256.of(path)) : "a folder");
            }
        }
        return contents;
    }
}
