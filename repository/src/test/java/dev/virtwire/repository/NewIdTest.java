// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.format.CrashingFiles;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.RepositoryVersion;
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

/** A repository that gets another id, as a copy should. */
class NewIdTest {
    @TempDir
    Path folder;

    private final Random random = new Random(31);
    private final List<MemoryDisk> disks = new ArrayList<>();
    private final List<Point> points = new ArrayList<>();
    private Path backups;

    @BeforeEach
    void make() throws IOException {
        backups = folder.resolve("backups");
        PointMaker maker = new PointMaker(backups);
        for (int i = 0; i < 3; i++) {
            disks.add(
                    i == 0
                            ? MemoryDisk.random(3 << 20, random)
                            : disks.get(i - 1).later(random));
            points.add(
                    i == 0
                            ? maker.full(Map.of("vda", disks.get(0)))
                            : maker.increment(Map.of("vda", disks.get(i)), points.get(i - 1)));
        }
    }

    private void requireWhole(Repository repository) {
        VerifyReport report = repository
                .verify(VerifyRequest.everything().withDepth(VerifyDepth.FULL), ProgressListener.NONE)
                .join();
        assertThat(report.intact()).isTrue();
        assertThat(repository.points("web1").damage()).isEmpty();
    }

    @Test
    void itsPointsStayAndNewOnesNameTheNewId() throws Exception {
        Repository before = Repository.open(backups);
        String id = before.newId();
        Repository after = Repository.open(backups);

        assertThat(after.id()).isEqualTo(id).isNotEqualTo(before.id());
        requireWhole(after);
        assertThat(after.newestPoint("web1").manifest().repository()).isEqualTo(before.id());
        String again = after.newId();
        Repository last = Repository.open(backups);
        requireWhole(last);
        Point made =
                new PointMaker(backups).increment(Map.of("vda", disks.get(2).later(random)), last.newestPoint("web1"));
        assertThat(made.manifest().repository()).isEqualTo(again);
        requireWhole(last);
    }

    @Test
    void pointsOfTheFormerIdAreMerged() {
        Repository before = Repository.open(backups);
        before.newId();
        Repository after = Repository.open(backups);
        PruneReport report = after.prune(PruneRequest.of("web1", Retention.ofLast(1)), ProgressListener.NONE)
                .join();
        assertThat(report.removed()).hasSize(2);
        requireWhole(after);
        assertThat(after.newestPoint("web1").manifest().repository()).isEqualTo(before.id());
    }

    @Test
    void anOlderProgramRefusesIt() throws Exception {
        Repository.open(backups).newId();
        assertThat(backups.resolve(Names.REPOSITORY)).content().contains("\"version\" : 3");
        assertThatThrownBy(() -> Repository.open(backups).hold("web1", "20260101T000000Z-full", null))
                .hasMessageContaining("has no point");
        Repository.open(backups).hold("web1", points.get(0).id(), null);
        assertThat(backups.resolve(Names.REPOSITORY)).content().contains("\"version\" : 3");
    }

    @Test
    void aCrashAtAnyStepLeavesTheOldIdOrTheNewOne() throws Exception {
        boolean crashed = true;
        int step = 0;
        for (; crashed; step++) {
            String before = Repository.open(backups).id();
            crashed = false;
            try {
                RepositoryStore.open(backups, CrashingFiles.at(step)).newId();
            } catch (RuntimeException e) {
                crashed = true;
            }
            Repository after = Repository.open(backups);
            requireWhole(after);
            if (!crashed) {
                assertThat(after.id()).isNotEqualTo(before);
            }
        }
        assertThat(step).isGreaterThan(3);
    }

    @Test
    void itIsRefusedWhileARunIsAtWork() {
        Repository repository = Repository.open(backups);
        Path lock = backups.resolve("web1").resolve(Names.JOURNAL).resolve(Names.LOCK);
        try (DomainLock held = DomainLock.acquire(lock, "it")) {
            assertThat(held).isNotNull();
            assertThatThrownBy(repository::newId).isInstanceOf(RepositoryBusyException.class);
        }
        assertThat(Repository.open(backups).id()).isEqualTo(repository.id());
    }

    @Test
    void itIsRefusedWhileARunHasNotBeenClearedUpAfter() throws Exception {
        Repository repository = Repository.open(backups);
        Path entry = backups.resolve("web1")
                .resolve(Names.JOURNAL)
                .resolve(Names.journal(points.get(2).id()));
        Files.writeString(entry, "{}");
        assertThatThrownBy(repository::newId)
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("has not been cleared up after")
                .hasMessageContaining(entry.toString());
        Files.delete(entry);
        assertThat(RepositoryStore.open(backups, DurableFiles.PLAIN).newId()).isNotEqualTo(repository.id());
    }

    /** A run that has the old id would name its points and checkpoints by that of the original. */
    @Test
    void whoOpenedItBeforeDoesNotWriteUntilItIsOpenedAgain() throws Exception {
        RepositoryStore before = RepositoryStore.open(backups, DurableFiles.PLAIN);
        DomainStore listed = before.existing("web1");
        String id = Repository.open(backups).newId();

        String refusal = "repository " + backups + " got another id meanwhile, " + id + " and not " + before.id()
                + " any more: open it again";
        assertThatThrownBy(listed::lock).isInstanceOf(RepositoryException.class).hasMessage(refusal);
        assertThatThrownBy(() -> before.domain("web1").lock()).hasMessage(refusal);
        assertThatThrownBy(() -> before.domain("web2").lock()).hasMessage(refusal);
        assertThat(backups.resolve("web2")).doesNotExist();
        assertThatThrownBy(() -> before.hold("web1", points.get(0).id(), null)).hasMessage(refusal);
        assertThatThrownBy(() -> before.prune(PruneRequest.of("web1", Retention.ofLast(1)), ProgressListener.NONE)
                        .join())
                .hasMessage(refusal);
        assertThatThrownBy(before::newId).hasMessage(refusal);
        Repository.open(backups).hold("web1", points.get(0).id(), null);
    }

    @Test
    void whoOpenedItBeforeReadsThePointsThatAreMadeAfterwards() throws Exception {
        Repository before = Repository.open(backups);
        Repository.open(backups).newId();
        Point made =
                new PointMaker(backups).increment(Map.of("vda", disks.get(2).later(random)), points.get(2));

        requireWhole(before);
        assertThat(before.newestPoint("web1").id()).isEqualTo(made.id());
    }

    @Test
    void aDomainThatIsMadeMeanwhileKeepsItFromHappening() throws Exception {
        Repository repository = Repository.open(backups);
        Path journal = backups.resolve("web1").resolve(Names.JOURNAL);
        DurableFiles.PLAIN.deleteTree(journal);
        List<DomainLock> locks = new ArrayList<>();
        DurableFiles files = new DurableFiles((step, path) -> {
            if (step == DurableFiles.Step.CREATE_FOLDER && path.equals(journal)) {
                locks.add(RepositoryStore.open(backups, DurableFiles.PLAIN)
                        .domain("web2")
                        .lock());
            }
        });
        assertThatThrownBy(() -> RepositoryStore.open(backups, files).newId())
                .isInstanceOf(RepositoryBusyException.class)
                .hasMessageContaining("domain web2");
        assertThat(Repository.open(backups).id()).isEqualTo(repository.id());
        assertThat(locks).hasSize(1);
        locks.get(0).close();
        assertThat(Repository.open(backups).newId()).isNotEqualTo(repository.id());
    }

    @Test
    void aDomainThatIsErasedMeanwhileIsNotMadeAgain() throws Exception {
        RepositoryStore store = RepositoryStore.open(backups, DurableFiles.PLAIN);
        DomainStore listed = store.domainStores().get(0);
        store.forget("web1", null, ProgressListener.NONE).join();

        assertThatThrownBy(listed::lock)
                .isInstanceOf(RepositoryException.class)
                .hasMessage(
                        "repository " + backups + " holds nothing of a domain web1 any more: it was erased meanwhile");
        assertThat(backups.resolve("web1")).doesNotExist();
        assertThat(RepositoryVersion.newId(backups, () -> List.of(listed), DurableFiles.PLAIN))
                .isEqualTo(Repository.open(backups).id());
        assertThat(backups.resolve("web1")).doesNotExist();
        store = RepositoryStore.open(backups, DurableFiles.PLAIN);
        store.domain("web1").lock().close();
        assertThat(backups.resolve("web1")).isDirectory();
    }
}
