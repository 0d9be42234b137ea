// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.format.CrashingFiles;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Json;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.journal.DomainLock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Four full points, and what holding one of them does. */
class HoldTest {
    private static final int SIZE = 1 << 16;

    @TempDir
    Path folder;

    private final List<String> points = new ArrayList<>();
    private Path backups;
    private Path held;
    private Repository repository;

    @BeforeEach
    void makePoints() throws IOException {
        backups = folder.resolve("backups");
        held = backups.resolve("web1/.journal/held");
        PointMaker maker = new PointMaker(backups);
        Random random = new Random(29);
        for (int i = 0; i < 4; i++) {
            points.add(
                    maker.full(Map.of("vda", MemoryDisk.random(SIZE, random))).id());
        }
        repository = Repository.open(backups);
    }

    private PruneReport prune() {
        return repository
                .prune(PruneRequest.of("web1", Retention.ofLast(1)), ProgressListener.NONE)
                .join();
    }

    private List<String> listed() {
        return repository.points("web1").points().stream().map(Point::id).toList();
    }

    @Test
    void aHeldPointStaysUntilItIsReleased() {
        repository.hold("web1", points.get(1), "before the upgrade");
        repository.hold("web1", points.get(2), null);

        PruneReport report = prune();

        assertThat(listed()).containsExactlyElementsOf(points.subList(1, 4));
        assertThat(report.points().get(1).reason()).isEqualTo("held: before the upgrade");
        assertThat(report.points().get(2).reason()).isEqualTo("held");
        repository.release("web1", points.get(1));
        prune();
        assertThat(listed()).containsExactlyElementsOf(points.subList(2, 4));
        repository.release("web1", points.get(2));
        prune();
        assertThat(listed()).containsExactly(points.get(3));
        assertThat(held).doesNotExist();
    }

    @Test
    void whatIsHeldIsListedAndASecondHoldOnlyChangesTheReason() {
        Instant before = Instant.now().minusMillis(1);
        Hold first = repository.hold("web1", points.get(1), null);
        assertThat(first.since()).isBetween(before, Instant.now());

        Hold second = repository.hold("web1", points.get(1), "for the auditor");

        assertThat(second).isEqualTo(new Hold(points.get(1), first.since(), "for the auditor"));
        DomainPoints listed = Repository.open(backups).points("web1");
        assertThat(listed.held()).containsExactly(second);
        assertThat(listed.hold(points.get(1))).isEqualTo(second);
        assertThat(listed.hold(points.get(0))).isNull();
    }

    @Test
    void theFirstHoldKeepsOlderProgramsAwayAndNoOtherDoes() throws Exception {
        byte[] first = Files.readAllBytes(backups.resolve("virtwire.json"));
        assertThat(new String(first, StandardCharsets.UTF_8)).contains("\"version\" : 1,");
        assertThatThrownBy(() -> repository.release("web1", points.get(1)))
                .isInstanceOf(RepositoryException.class)
                .hasMessage("point " + points.get(1) + " of domain web1 is not held");
        assertThatThrownBy(() -> repository.hold("web1", "20200101T000000Z-full", null))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("has no point 20200101T000000Z-full");
        assertThat(backups.resolve("virtwire.json")).hasBinaryContent(first);

        repository.hold("web1", points.get(1), null);

        assertThat(backups.resolve("virtwire.json")).content().contains("\"version\" : 2,");
        assertThat(Repository.open(backups).id()).isEqualTo(repository.id());
    }

    @ParameterizedTest
    @ValueSource(strings = {"two\nlines", "\u001b[31mred"})
    void aReasonIsOneLine(String reason) {
        assertThatThrownBy(() -> repository.hold("web1", points.get(1), reason))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("one line of at most 500 letters");
        assertThatThrownBy(() -> repository.hold("web1", points.get(1), "x".repeat(501)))
                .hasMessageContaining("one line of at most 500 letters");
        assertThat(held).doesNotExist();
    }

    @Test
    void whileAnotherRunWritesTheDomainNothingIsHeld() {
        DomainLock lock =
                RepositoryStore.open(backups, DurableFiles.PLAIN).domain("web1").lock();
        assertThatThrownBy(() -> repository.hold("web1", points.get(1), null))
                .isInstanceOf(RepositoryBusyException.class);
        lock.close();
        assertThat(repository.points("web1").held()).isEmpty();
    }

    /** Every shorter file and every flipped bit: no point goes, and the error names the file. */
    @Test
    void ifTheListIsDamagedNothingIsRemoved() throws Exception {
        repository.hold("web1", points.get(1), "for the auditor");
        byte[] written = Files.readAllBytes(held);
        List<byte[]> damaged = new ArrayList<>();
        for (int length = 0; length < written.length; length++) {
            damaged.add(Arrays.copyOf(written, length));
            byte[] flipped = written.clone();
            flipped[length] ^= (byte) (1 << length % 8);
            damaged.add(flipped);
        }
        for (byte[] content : damaged) {
            Files.write(held, content);
            assertThatThrownBy(this::prune)
                    .isInstanceOf(DamagedException.class)
                    .hasMessageStartingWith(held + ": ")
                    .hasMessageContaining("none of the domain is removed or merged");
            assertThat(listed()).isEqualTo(points);
        }
        assertThatThrownBy(() -> repository.hold("web1", points.get(2), null)).isInstanceOf(DamagedException.class);
        assertThatThrownBy(() -> repository.release("web1", points.get(1))).isInstanceOf(DamagedException.class);
        assertThat(repository.points("web1").damage())
                .singleElement()
                .extracting(Finding::file)
                .isEqualTo(held);
        assertThat(repository
                        .verify(VerifyRequest.everything(), ProgressListener.NONE)
                        .join()
                        .damage())
                .extracting(Finding::file)
                .containsExactly(held);

        Files.write(held, written);
        prune();
        assertThat(listed()).containsExactly(points.get(1), points.get(3));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"format\":\"virtwire-held\",\"version\":2,\"points\":[]}",
                "{\"format\":\"other\",\"version\":1,\"points\":[]}",
                "{\"format\":\"virtwire-held\",\"version\":1}",
                "{\"format\":\"virtwire-held\",\"version\":1,\"points\":[{\"point\":\"../x\","
                        + "\"since\":\"2026-11-22T19:00:00Z\"}]}"
            })
    void aListThatAnotherProgramWroteLetsNothingGo(String content) throws Exception {
        Files.write(held, Json.writeSummed(Json.read(content.getBytes(StandardCharsets.UTF_8), Map.class)));
        assertThatThrownBy(this::prune).isInstanceOf(DamagedException.class);
        assertThat(listed()).isEqualTo(points);
    }

    @Test
    void aLinkInItsPlaceIsNotFollowed() throws Exception {
        Path elsewhere = Files.createFile(folder.resolve("elsewhere"));
        Files.createSymbolicLink(held, elsewhere);
        assertThatThrownBy(this::prune)
                .isInstanceOf(DamagedException.class)
                .hasMessageContaining("is not a regular file");
    }

    @Test
    void whereverHoldingDiesThePointIsHeldOrNotAndTheRepositoryOpens() throws Exception {
        repository.hold("web1", points.get(0), "the first");
        Path before = folder.resolve("before");
        copy(backups, before);
        int died = 0;
        for (int step = 0; ; step++) {
            Path copy = folder.resolve("crash" + step);
            copy(before, copy);
            RepositoryStore dying = RepositoryStore.open(copy, CrashingFiles.at(step));
            boolean done = true;
            try {
                dying.hold("web1", points.get(1), "the second");
            } catch (RepositoryException e) {
                assertThat(e).hasMessageContaining("crash at");
                done = false;
                died++;
            }
            repository = Repository.open(copy);
            assertThat(repository.points("web1").damage()).isEmpty();
            prune();
            assertThat(listed()).contains(points.get(0), points.get(3));
            if (done) {
                assertThat(listed()).contains(points.get(1));
                break;
            }
        }
        assertThat(died).isEqualTo(4);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.toList()) {
                Files.copy(path, to.resolve(from.relativize(path)));
            }
        }
    }

    @Test
    void aPointThatCannotBeReadCanBeHeld() throws Exception {
        Files.writeString(backups.resolve("web1").resolve(points.get(1)).resolve(Names.MANIFEST), "{}");
        assertThat(repository.hold("web1", points.get(1), null).point()).isEqualTo(points.get(1));
    }
}
