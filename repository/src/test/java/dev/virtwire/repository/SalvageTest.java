// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.ImageAccess;
import dev.virtwire.image.ImageChain;
import dev.virtwire.image.ImageExtent;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Sha256;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is proven right is delivered, whatever else is damaged; what is not is named, range by range. */
class SalvageTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private final Random random = new Random(91);
    private MemoryDisk first;
    private MemoryDisk second;
    private MemoryDisk other;
    private Point full;
    private Point increment;
    private Repository repository;
    private Path out;

    /** 16 MiB of data; the increment overwrites the MiB 8. */
    @BeforeEach
    void makeTwoPoints() throws IOException {
        PointMaker maker = new PointMaker(folder.resolve("backups"));
        byte[] content = new byte[16 * MIB];
        random.nextBytes(content);
        first = new MemoryDisk(content);
        other = MemoryDisk.random(2 * MIB, random);
        full = maker.full(Map.of("vda", first, "vdb", other));
        byte[] block = new byte[MIB];
        random.nextBytes(block);
        second = first.written(8 * MIB, block);
        increment = maker.increment(Map.of("vda", second, "vdb", other.again()), full);
        repository = Repository.open(folder.resolve("backups"));
        out = folder.resolve("out");
    }

    private static Path image(Point point) {
        return point.folder().resolve("vda.qcow2");
    }

    private static void flip(Path file, long offset) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.seek(offset);
            int value = open.read();
            open.seek(offset);
            open.write(value ^ 1);
        }
    }

    private static long dataOf(Path image, long guestOffset) throws IOException {
        try (Qcow2Reader reader = Qcow2Reader.open(image)) {
            ImageExtent extent = reader.extents(guestOffset, 1).get(0);
            assertThat(extent.kind()).isEqualTo(ImageExtent.Kind.DATA);
            return extent.hostOffset();
        }
    }

    private RestoreResult restore(RestoreRequest request) {
        return repository.restore(request, ProgressListener.NONE).join();
    }

    private static byte[] content(Path image) throws IOException {
        try (ImageChain chain = ImageChain.open(image, "qcow2", ImageAccess.anywhere())) {
            ByteBuffer content = ByteBuffer.allocate((int) chain.virtualSize());
            chain.read(0, content);
            return content.array();
        }
    }

    @Test
    void damageThatTheDiskDoesNotNeedIsToldAndEndsNothing() throws IOException {
        long at = dataOf(image(full), 8 * MIB) + 77;
        flip(image(full), at);

        for (boolean chain : new boolean[] {false, true}) {
            RestoreRequest request = RestoreRequest.of(increment, folder.resolve("out" + chain));
            RestoreResult result = restore(chain ? request.asChain() : request);

            assertThat(result.lost()).isEmpty();
            assertThat(result.damage()).singleElement().satisfies(finding -> {
                assertThat(finding.file()).isEqualTo(image(full));
                assertThat(at).isBetween(finding.offset(), finding.offset() + finding.length() - 1);
            });
            assertThat(content(result.files().get(0)))
                    .isEqualTo((result.files().get(0).toString().contains("vda") ? second : other).content);
        }
        assertThat(repository.points("web1").known())
                .filteredOn(damage -> !damage.harmless())
                .singleElement()
                .satisfies(damage -> {
                    assertThat(damage.point()).isEqualTo(full.id());
                    assertThat(damage.lost()).containsExactly(new LostRange("vda", 8 * MIB, MIB));
                });
    }

    @Test
    void whatIsLostStaysZerosAndIsNamed() throws IOException {
        flip(image(full), dataOf(image(full), 3 * MIB));
        flip(image(full), dataOf(image(full), 15 * MIB) + 5);

        assertThatThrownBy(() -> restore(RestoreRequest.of(increment, out))).isInstanceOf(DamagedException.class);
        assertThat(out).doesNotExist();
        RestoreResult result = restore(RestoreRequest.of(increment, out).salvaging());

        assertThat(result.lost())
                .containsExactly(new LostRange("vda", 3 * MIB, MIB), new LostRange("vda", 15 * MIB, MIB));
        byte[] expected = second.content.clone();
        Arrays.fill(expected, 3 * MIB, 4 * MIB, (byte) 0);
        Arrays.fill(expected, 15 * MIB, 16 * MIB, (byte) 0);
        assertThat(content(out.resolve("web1-vda.qcow2"))).isEqualTo(expected);
        assertThat(content(out.resolve("web1-vdb.qcow2"))).isEqualTo(other.content);
    }

    @Test
    void withoutItsParentAPointStillGivesWhatIsItsOwn() throws IOException {
        DurableFiles.PLAIN.deleteTree(full.folder());

        RestoreResult result = restore(RestoreRequest.of(increment, out)
                .withDisks(java.util.Set.of("vda"))
                .salvaging());

        assertThat(result.lost())
                .containsExactly(new LostRange("vda", 0, 8 * MIB), new LostRange("vda", 9 * MIB, 7 * MIB));
        byte[] expected = new byte[16 * MIB];
        System.arraycopy(second.content, 8 * MIB, expected, 8 * MIB, MIB);
        assertThat(content(out.resolve("web1-vda.qcow2"))).isEqualTo(expected);
    }

    @Test
    void anImageWithoutItsHeaderIsLostOnlyWhereItIsNeeded() throws IOException {
        flip(image(full), 0);

        RestoreResult result = restore(RestoreRequest.of(increment, out).salvaging());

        assertThat(result.lost())
                .containsExactly(new LostRange("vda", 0, 8 * MIB), new LostRange("vda", 9 * MIB, 7 * MIB));
    }

    @Test
    void digestsThatAreLostLoseNothingThatAnotherProves() throws IOException {
        Path digests = full.folder().resolve("vda.digests");
        // The last bytes of the trailer before its end mark: the root over the file.
        flip(digests, Files.size(digests) - 9);

        RestoreResult result = restore(RestoreRequest.of(increment, out));

        assertThat(result.damage()).extracting(Finding::file).contains(digests);
        assertThat(content(out.resolve("web1-vda.qcow2"))).isEqualTo(second.content);
        flip(digests, Files.size(digests) - 9);
    }

    /** The first leaf of the full point's disk, how many follow, and of what kind they are. */
    @ParameterizedTest
    @ValueSource(ints = {40, 31, 24})
    void digestsThatAreLostLoseNothingThatTheRootProves(int at) throws IOException {
        Path digests = full.folder().resolve("vda.digests");
        flip(digests, at);

        RestoreResult result = restore(RestoreRequest.of(increment, out));

        assertThat(result.damage()).extracting(Finding::file).contains(digests);
        assertThat(content(out.resolve("web1-vda.qcow2"))).isEqualTo(second.content);
        assertThat(repository.points("web1").known()).isNotEmpty().allMatch(PointDamage::harmless);
        VerifyReport report = repository
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();
        assertThat(report.damage()).extracting(Finding::file).containsOnly(digests);
        assertThat(report.lost()).isEmpty();
    }

    /** The parent's disk is right, and so it proves what the child inherits, though the child's is not. */
    @Test
    void aParentThatItsRootProvesLosesNothingInAChildThatIsDamaged() throws IOException {
        flip(full.folder().resolve("vda.digests"), 40);
        flip(image(increment), dataOf(image(increment), 8 * MIB));
        List<LostRange> lost = List.of(new LostRange("vda", 8 * MIB, MIB));

        VerifyReport report = repository
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();

        assertThat(report.lost().values()).containsExactly(lost);
        assertThat(restore(RestoreRequest.of(increment, out).salvaging()).lost())
                .isEqualTo(lost);
    }

    /** What the child has overwritten is wrong at the parent, so that only the child's root proves the rest. */
    @ParameterizedTest
    @ValueSource(ints = {40, 31})
    void aChildThatItsRootProvesLosesNothingByItsParent(int at) throws IOException {
        Point later = new PointMaker(folder.resolve("backups"))
                .increment(Map.of("vda", second.written(2 * MIB, new byte[MIB]), "vdb", other.again()), increment);
        flip(image(full), dataOf(image(full), 8 * MIB) + 77);
        flip(full.folder().resolve("vda.digests"), at);

        VerifyReport report = repository
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();

        assertThat(report.lost()).containsOnlyKeys("web1@" + full.id());
        assertThat(restore(RestoreRequest.of(increment, out)).lost()).isEmpty();
        assertThat(content(out.resolve("web1-vda.qcow2"))).isEqualTo(second.content);
        // The image of the increment is damaged too: its digests still prove what is beneath it.
        flip(image(increment), dataOf(image(increment), 8 * MIB));
        assertThat(restore(RestoreRequest.of(later, folder.resolve("later")).salvaging())
                        .lost())
                .containsExactly(new LostRange("vda", 8 * MIB, MIB));
    }

    /** The manifest names its bytes, and yet its runs make no sense. */
    @Test
    void aDigestFileThatWasWrittenAsNonsenseEndsNoSalvage() throws IOException {
        Path digests = full.folder().resolve("vda.digests");
        Path manifest = full.folder().resolve("manifest.json");
        Path sum = full.folder().resolve("manifest.sha256");
        String before = Sha256.hex(Sha256.of(Files.readAllBytes(digests)));
        flip(digests, 24);
        String after = Sha256.hex(Sha256.of(Files.readAllBytes(digests)));
        String manifestBefore = Sha256.hex(Sha256.of(Files.readAllBytes(manifest)));
        Files.writeString(manifest, Files.readString(manifest).replace(before, after));
        String manifestAfter = Sha256.hex(Sha256.of(Files.readAllBytes(manifest)));
        Files.writeString(sum, Files.readString(sum).replace(manifestBefore, manifestAfter));
        Point altered = Repository.open(folder.resolve("backups")).point("web1", full.id());
        assertThat(altered.manifest().disk("vda").digests().sha256()).isEqualTo(after);

        RestoreResult result = restore(RestoreRequest.of(altered, out).salvaging());

        assertThat(result.lost()).isEmpty();
        assertThat(content(out.resolve("web1-vda.qcow2"))).isEqualTo(first.content);
    }

    @Test
    void withoutTheRootEachBlockNeedsItsDigest() throws IOException {
        flip(full.folder().resolve("vda.digests"), 40);
        flip(image(full), dataOf(image(full), 3 * MIB));

        assertThat(restore(RestoreRequest.of(increment, out).salvaging()).lost())
                .containsExactly(new LostRange("vda", 0, MIB), new LostRange("vda", 3 * MIB, MIB));
    }

    @Test
    void aSmallFileThatIsDamagedIsLeftOut() throws IOException {
        flip(increment.folder().resolve("domain.xml"), 3);

        assertThatThrownBy(() -> restore(RestoreRequest.of(increment, out))).isInstanceOf(DamagedException.class);
        RestoreResult result = restore(RestoreRequest.of(increment, out).salvaging());

        assertThat(result.files())
                .containsExactlyInAnyOrder(out.resolve("web1-vda.qcow2"), out.resolve("web1-vdb.qcow2"));
        assertThat(result.notices()).containsExactly(Notice.warning("domain.xml is damaged and is left out"));
        assertThat(result.damage()).hasSize(1);
    }

    @Test
    void aPointThatIsPushedOrDamagedIsPassedOver() throws IOException {
        PointMaker maker = new PointMaker(folder.resolve("backups"));
        flip(image(increment), dataOf(image(increment), 8 * MIB));
        repository.verify(VerifyRequest.everything(), ProgressListener.NONE).join();

        PointChoice choice = repository.newestRestorable("web1");

        assertThat(choice.point().id()).isEqualTo(full.id());
        assertThat(choice.damaged()).isTrue();
        assertThat(choice.passedOver())
                .singleElement()
                .asString()
                .startsWith("point " + increment.id() + ": disk vda was found damaged by verify");
        List<String> before = choice.passedOver();
        Point pushed = maker.pushed("vda");
        assertThat(repository.newestRestorable("web1").passedOver())
                .hasSize(before.size() + 1)
                .first()
                .isEqualTo("point " + pushed.id() + ": disk vda is not in the repository: the hypervisor wrote it to"
                        + " /pushed/vda on host node1");
    }
}
