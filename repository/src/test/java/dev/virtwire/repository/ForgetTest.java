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
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Manifests;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Mode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A domain with a chain, a pushed point and a bystander, and what erasing it does. */
class ForgetTest {
    private static final int SIZE = 1 << 16;

    @TempDir
    Path folder;

    private final List<String> points = new ArrayList<>();
    private Path backups;
    private Repository repository;

    @BeforeEach
    void makePoints() throws IOException {
        backups = folder.resolve("backups");
        PointMaker maker = new PointMaker(backups);
        maker.withBitmaps();
        MemoryDisk disk = MemoryDisk.random(SIZE, new Random(31));
        Point full = maker.full(Map.of("vda", disk));
        points.add(full.id());
        points.add(
                maker.increment(Map.of("vda", disk.later(new Random(32))), full).id());
        maker.excluding("vda");
        points.add(maker.pushed("vdb").id());
        copy(backups.resolve("web1"), backups.resolve("other"));
        repository = Repository.open(backups);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.toList()) {
                Files.copy(path, to.resolve(from.relativize(path)));
            }
        }
    }

    private static ForgetReport forget(Repository repository, @Nullable Instant noBackupSince) {
        return repository.forget("web1", noBackupSince, ProgressListener.NONE).join();
    }

    private List<String> names(Path of) throws IOException {
        try (Stream<Path> list = Files.list(of)) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private DomainStore store() {
        return RepositoryStore.open(backups, DurableFiles.PLAIN).domain("web1");
    }

    private void requireErased(Path of) throws IOException {
        assertThat(names(of)).containsExactlyInAnyOrder(".lock", "other", "virtwire.json", "virtwire.sha256");
        Repository opened = Repository.open(of);
        assertThat(opened.domains()).containsExactly("other");
        assertThat(opened.points("other").points()).hasSize(3);
    }

    @Test
    void allOfADomainGoesAndNothingElse() throws Exception {
        ForgetReport shown = repository.lookToForget("web1");
        assertThat(shown.erased()).isFalse();
        assertThat(shown.points()).containsExactlyInAnyOrderElementsOf(points);
        assertThat(shown.stored()).isPositive();
        assertThat(shown.lastBackup()).isEqualTo("2026-11-22T19:03:05Z");
        assertThat(shown.obstacles()).isEmpty();
        assertThat(repository.points("web1").points()).hasSize(3);

        ForgetReport erased = forget(repository, null);

        assertThat(erased.erased()).isTrue();
        assertThat(erased.points()).isEqualTo(shown.points());
        assertThat(erased.remains()).isEqualTo(shown.remains());
        requireErased(backups);
        assertThatThrownBy(() -> forget(repository, null))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("holds nothing of a domain web1");
    }

    @Test
    void whatRemainsOnHostsIsNamed() {
        String host = " on host node1 (qemu:///system)";
        assertThat(repository.lookToForget("web1").remains())
                .containsExactlyInAnyOrder(
                        "checkpoint " + Names.checkpoint(repository.id(), points.get(0)) + " of domain web1" + host,
                        "checkpoint " + Names.checkpoint(repository.id(), points.get(1)) + " of domain web1" + host,
                        "image /pushed/vdb" + host);
    }

    @Test
    void aHeldPointHasToBeReleasedFirst() throws Exception {
        repository.hold("web1", points.get(0), "for the auditor");
        String held = "point " + points.get(0) + " is held: for the auditor (see release)";
        assertThat(repository.lookToForget("web1").obstacles()).containsExactly(held);
        assertThatThrownBy(() -> forget(repository, null))
                .isInstanceOf(RepositoryException.class)
                .hasMessage("domain web1 is not erased: " + held);
        assertThat(repository.points("web1").points()).hasSize(3);

        Files.writeString(backups.resolve("web1/.journal/held"), "torn");
        assertThatThrownBy(() -> forget(repository, null)).isInstanceOf(DamagedException.class);
        assertThat(repository.points("web1").points()).hasSize(3);
        Files.delete(backups.resolve("web1/.journal/held"));

        repository.hold("web1", points.get(0), null);
        repository.release("web1", points.get(0));
        forget(repository, null);
        requireErased(backups);
    }

    @Test
    void aRunThatIsAtWorkOrLeftSomethingIsInTheWay() throws Exception {
        DomainLock lock = store().lock();
        assertThatThrownBy(() -> forget(repository, null)).isInstanceOf(RepositoryBusyException.class);
        lock.close();
        store().journal()
                .write(new JournalEntry(
                        JournalEntry.FORMAT,
                        JournalEntry.VERSION,
                        repository.id(),
                        "20261122T200000Z-full",
                        "a test",
                        Instant.parse("2026-11-22T20:00:00Z"),
                        Manifests.WEB1,
                        Manifests.HOST,
                        Mode.PULL,
                        Level.FULL,
                        null,
                        false,
                        null,
                        null,
                        List.of(),
                        List.of(),
                        null,
                        null,
                        null));
        assertThatThrownBy(() -> forget(repository, null))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("the run of point 20261122T200000Z-full is at work, or has not been cleared up");
        assertThat(repository.points("web1").points()).hasSize(3);
    }

    @Test
    void aDomainThatWasBackedUpMeanwhileIsNotErased() throws Exception {
        Instant last = Instant.parse("2026-11-22T19:03:05Z");
        assertThatThrownBy(() -> forget(repository, last))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("it was backed up at " + last);
        forget(repository, last.plusMillis(1));
        requireErased(backups);
    }

    @Test
    void wherePointsCannotBeReadNobodyKnowsTheLastBackupAndAllOfItIsStillErased() throws Exception {
        Files.writeString(backups.resolve("web1").resolve(points.get(2)).resolve(Names.MANIFEST), "{}");
        assertThat(repository.lookToForget("web1").lastBackup()).isNull();
        assertThat(repository.lookToForget("web1").points()).hasSize(3);
        assertThatThrownBy(() -> forget(repository, Instant.now()))
                .hasMessageContaining("nobody can say when it was last backed up");
        forget(repository, null);
        requireErased(backups);
    }

    /** At each step the domain is whole or gone, nothing of it is damage, and the next run frees the rest. */
    @Test
    void whereverErasingDiesTheDomainIsWholeOrGone() throws Exception {
        boolean died = true;
        int whole = 0;
        int gone = 0;
        for (int step = 0; died; step++) {
            Path copy = folder.resolve("crash" + step);
            copy(backups, copy);
            died = false;
            try {
                forget(RepositoryStore.open(copy, CrashingFiles.at(step)), null);
            } catch (RepositoryException e) {
                assertThat(e).hasMessageContaining("crash at");
                died = true;
            }
            Repository after = Repository.open(copy);
            assertThat(after.points())
                    .allSatisfy(domain -> assertThat(domain.damage()).isEmpty());
            if (died && after.domains().contains("web1")) {
                whole++;
                assertThat(after.points("web1").points()).hasSize(3);
            } else if (died) {
                gone++;
                if (step % 2 == 0) {
                    after.prune(PruneRequest.of("other", Retention.ofLast(9)), ProgressListener.NONE)
                            .join();
                    requireErased(copy);
                    continue;
                }
            }
            // Only the last sync may be missing.
            if (died && names(copy).size() > 4) {
                assertThat(forget(after, null).erased()).isTrue();
            }
            requireErased(copy);
        }
        assertThat(whole).isEqualTo(1);
        assertThat(gone).isGreaterThan(15);
    }

    /** The one who repeats the command means what died, and knows nothing of the new points. */
    @ParameterizedTest
    @ValueSource(ints = {4, 250})
    void aDomainThatWasBackedUpAgainIsErasedOnlyIfThatIsAskedForAgain(int length) throws Exception {
        String name = "web1".repeat(63).substring(0, length);
        if (!name.equals("web1")) {
            Files.move(backups.resolve("web1"), backups.resolve(name));
        }
        Path rest = Files.createDirectories(backups.resolve(Names.erased(name, Names.random()) + "/x"));
        Files.createFile(rest.resolve("vda.qcow2"));

        ForgetReport first =
                repository.forget(name, null, ProgressListener.NONE).join();

        assertThat(rest.getParent()).doesNotExist();
        assertThat(first.erased()).isFalse();
        assertThat(first.points()).containsExactlyInAnyOrderElementsOf(points);
        assertThat(first.obstacles())
                .containsExactly("what an earlier forget had left of a domain of this name is erased now, and this"
                        + " domain was made after that: repeat the forget to erase it too");
        assertThat(repository.points(name).points()).hasSize(3);
        assertThat(repository.lookToForget(name).obstacles()).isEmpty();
        assertThat(repository.forget(name, null, ProgressListener.NONE).join().erased())
                .isTrue();
        requireErased(backups);
    }

    @Test
    void aLongNameIsCutAndOtherHiddenFoldersAreNoErasedDomains() throws Exception {
        String random = Names.random();
        assertThat(Names.erasedDomain(Names.erased("web.1", random))).isEqualTo("web.1");
        String cut = Names.erased("x".repeat(255), random);
        assertThat(cut).hasSize(255).endsWith("." + random + ".erased");
        assertThat(Names.erasedDomain(cut)).isNotNull();
        for (String name : List.of(
                ".snapshot",
                ".erased",
                ".." + random + ".erased",
                "." + random + ".erased",
                "web1." + random + ".erased",
                ".web1.erased",
                ".web1.ABCDEFGHIJKL.erased")) {
            assertThat(Names.erasedDomain(name)).as(name).isNull();
            Files.createDirectory(backups.resolve(name));
        }
        forget(repository, null);
        assertThat(names(backups)).hasSize(4 + 7);
    }
}
