// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointMaker;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.format.CrashingFiles;
import dev.virtwire.repository.internal.retention.Pruner;
import dev.virtwire.repository.internal.store.DomainStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two chains of a full point and two increments each, of which a pruning died: recover finishes it. */
class RecoverAfterPruneTest {
    @TempDir
    Path folder;

    private final Random random = new Random(23);
    private final List<Point> points = new ArrayList<>();
    private Repository repository;

    @BeforeEach
    void makeTwoChains() throws IOException {
        PointMaker maker = new PointMaker(folder.resolve("backups"));
        repository = Repository.open(folder.resolve("backups"));
        for (int chain = 0; chain < 2; chain++) {
            MemoryDisk disk = MemoryDisk.random(1 << 20, random);
            points.add(maker.full(Map.of("vda", disk)));
            for (int i = 0; i < 2; i++) {
                disk = disk.later(random);
                points.add(maker.increment(Map.of("vda", disk), points.get(points.size() - 1)));
            }
        }
    }

    private void dieAt(int step) {
        DomainStore dying = RepositoryStore.open(folder.resolve("backups"), CrashingFiles.at(step))
                .domain("web1");
        assertThatThrownBy(() -> new Pruner(dying, Retention.ofLast(3), null, ProgressListener.NONE).run())
                .hasMessageContaining("crash at");
    }

    private RecoverReport recover() {
        return Backups.recover(
                        repository,
                        () -> {
                            throw new ConnectionLostException("nobody answers");
                        },
                        ProgressListener.NONE)
                .join();
    }

    private void requireIntact() {
        VerifyReport report = repository
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();
        assertThat(report.damage()).isEmpty();
        assertThat(report.notices()).isEmpty();
    }

    private List<String> listed() {
        return repository.points("web1").points().stream().map(Point::id).toList();
    }

    private List<String> ids(int... indexes) {
        return java.util.Arrays.stream(indexes)
                .mapToObj(index -> points.get(index).id())
                .toList();
    }

    @Test
    void recoverFinishesARemovalThatDied() {
        dieAt(4);

        RecoverReport report = recover();

        assertThat(report.done())
                .containsExactly("deleted the rest of point " + points.get(2).id() + ", which was being removed");
        assertThat(report.left()).isEmpty();
        assertThat(report.notices())
                .extracting(Notice::text)
                .containsExactly("bitmaps that domain web1 does not need were not looked for: nobody answers");
        assertThat(listed()).containsExactlyElementsOf(ids(0, 1, 3, 4, 5));
        requireIntact();
    }

    @Test
    void whereverAnErasureDiedRecoverFreesTheRest() throws IOException {
        Path backups = folder.resolve("backups");
        for (int step = 2; step < 12; step++) {
            RepositoryStore dying = RepositoryStore.open(backups, CrashingFiles.at(step));
            assertThatThrownBy(() ->
                            dying.forget("web1", null, ProgressListener.NONE).join())
                    .hasMessageContaining("crash at");
            assertThat(repository.domains()).isEmpty();

            RecoverReport report = recover();

            assertThat(report.done()).containsExactly("deleted the rest of domain folder web1, which was being erased");
            assertThat(report.left()).isEmpty();
            try (Stream<Path> left = Files.list(backups)) {
                assertThat(left.map(path -> String.valueOf(path.getFileName())))
                        .containsExactlyInAnyOrder(".lock", "virtwire.json", "virtwire.sha256");
            }
            points.clear();
            new PointMaker(backups).full(Map.of("vda", MemoryDisk.random(1 << 20, random)));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27})
    void whereverItDiedNothingIsLeftAndTheNextPruneDoesTheRest(int step) {
        dieAt(step);

        assertThat(recover().left()).isEmpty();
        repository
                .prune(PruneRequest.of("web1", Retention.ofLast(3)), ProgressListener.NONE)
                .join();

        assertThat(listed()).containsExactlyElementsOf(ids(3, 4, 5));
        requireIntact();
    }
}
