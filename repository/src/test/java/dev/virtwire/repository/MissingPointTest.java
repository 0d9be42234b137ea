// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.format.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A point that is gone though nobody removed it is damage, the newest one too, until somebody accepts it. */
class MissingPointTest {
    @TempDir
    Path folder;

    private final Random random = new Random(5);
    private final List<Point> points = new ArrayList<>();
    private PointMaker maker;
    private Repository repository;

    @BeforeEach
    void makeThreeFullPoints() throws IOException {
        maker = new PointMaker(folder.resolve("backups"));
        for (int i = 0; i < 3; i++) {
            points.add(makeFull());
        }
        repository = Repository.open(folder.resolve("backups"));
    }

    private Point makeFull() throws IOException {
        return maker.full(Map.of("vda", MemoryDisk.random(1 << 20, random)));
    }

    private void lose(int point) throws IOException {
        DurableFiles.PLAIN.deleteTree(points.get(point).folder());
    }

    private List<Finding> verified() {
        return repository
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join()
                .damage();
    }

    private List<Finding> listed() {
        return repository.points("web1").damage();
    }

    private PruneReport prune(int last) {
        return repository
                .prune(PruneRequest.of("web1", Retention.ofLast(last)), ProgressListener.NONE)
                .join();
    }

    @Test
    void aPointBetweenOthersIsMissedUntilThatIsAccepted() throws IOException {
        lose(1);
        Finding gone = Finding.of(
                points.get(1).folder(),
                "is gone: it was the newest point when " + points.get(2).id() + " was made, and nobody removed it");
        assertThat(verified()).containsExactly(gone);
        assertThat(listed()).containsExactly(gone);

        repository.acceptMissing("web1", points.get(1).id());

        assertThat(verified()).isEmpty();
        assertThat(listed()).isEmpty();
    }

    @Test
    void theNewestPointIsMissedThoughNoOtherNamesIt() throws IOException {
        lose(2);
        Finding gone = Finding.of(
                points.get(2).folder(), "is gone: it was the newest point of the domain, and nobody removed it");
        assertThat(verified()).containsExactly(gone);
        assertThat(listed()).containsExactly(gone);
        assertThat(repository.newestRestorable("web1").passedOver()).containsExactly(gone.toString());

        repository.acceptMissing("web1", points.get(2).id());
        prune(1);

        assertThat(verified()).isEmpty();
        makeFull();
        assertThat(verified()).isEmpty();
    }

    @Test
    void allPointsAreMissedIfAllAreLost() throws IOException {
        for (int i = 0; i < 3; i++) {
            lose(i);
        }
        assertThat(listed())
                .extracting(Finding::file)
                .containsExactly(points.get(2).folder());
    }

    @Test
    void whatPruneRemovesIsNotMissed() {
        prune(1);
        assertThat(verified()).isEmpty();
        assertThat(listed()).isEmpty();
    }

    @Test
    void aProgramThatDoesNotWriteTheNewestDownMakesNoneMissed() throws IOException {
        Path newest = folder.resolve("backups/web1/.journal/newest");
        byte[] before = Files.readAllBytes(newest);
        makeFull();
        Files.write(newest, before);
        prune(1);
        // As such a program does, which finds that no manifest names it any more.
        Files.deleteIfExists(
                points.get(2).folder().resolveSibling("." + points.get(2).id() + ".removed"));
        assertThat(listed())
                .filteredOn(finding -> finding.message().contains("of the domain"))
                .isEmpty();
        Files.delete(newest);
        assertThat(repository.points("web1").points()).hasSize(1);
    }

    @Test
    void onlyWhatIsMissedCanBeAccepted() {
        assertThatThrownBy(() -> repository.acceptMissing("web1", points.get(0).id()))
                .isInstanceOf(RepositoryException.class)
                .hasMessageEndingWith(": it is there");
        assertThatThrownBy(() -> repository.acceptMissing("web1", "20200101T000000Z-full"))
                .isInstanceOf(RepositoryException.class)
                .hasMessageStartingWith("nobody misses a point 20200101T000000Z-full of domain web1");
        assertThat(points.get(0).folder().getParent().resolve(".20200101T000000Z-full.removed"))
                .doesNotExist();
    }
}
