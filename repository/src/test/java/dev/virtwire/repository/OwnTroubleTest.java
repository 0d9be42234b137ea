// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be read of one point or domain is its own trouble. */
class OwnTroubleTest {
    @TempDir
    Path folder;

    private final Random random = new Random(11);
    private Point web1;
    private Point older;
    private Point newest;
    private Repository repository;

    /** Beside web1 is web9, with two points. */
    @BeforeEach
    void makeTwoDomains() throws IOException {
        Path backups = folder.resolve("backups");
        PointMaker maker = new PointMaker(backups);
        older = maker.full(Map.of("vda", MemoryDisk.random(1 << 20, random)));
        newest = maker.full(Map.of("vda", MemoryDisk.random(1 << 20, random)));
        Files.move(backups.resolve("web1"), backups.resolve("web9"));
        repository = Repository.open(backups);
        older = repository.point("web9", older.id());
        newest = repository.point("web9", newest.id());
        web1 = new PointMaker(backups).full(Map.of("vda", MemoryDisk.random(1 << 20, random)));
    }

    private static void makeNewer(Point point) throws IOException {
        Path manifest = point.folder().resolve(Names.MANIFEST);
        String newer = Files.readString(manifest).replaceFirst("\"version\" : \\d+", "\"version\" : 99");
        Files.writeString(manifest, newer);
        Files.writeString(
                point.folder().resolve(Names.MANIFEST_SUM),
                Sha256.sumLine(Sha256.of(newer.getBytes(StandardCharsets.UTF_8)), Names.MANIFEST));
    }

    private VerifyReport verify() {
        return repository
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();
    }

    @Test
    void aPointOfANewerProgramHidesNoOther() throws IOException {
        makeNewer(newest);

        assertThat(repository.points()).hasSize(2).allSatisfy(domain -> {
            assertThat(domain.points()).hasSize(1);
            assertThat(domain.damage()).isEmpty();
        });
        assertThat(repository.points("web9").unreadable())
                .singleElement()
                .asString()
                .contains("manifest.json has version 99; this program reads up to version ");
        VerifyReport report = verify();
        assertThat(report.damage()).isEmpty();
        assertThat(report.points()).containsExactlyInAnyOrder("web1@" + web1.id(), "web9@" + older.id());
        assertThat(report.unverifiable())
                .singleElement()
                .asString()
                .startsWith("web9@" + newest.id() + ": ")
                .contains("version 99");
        assertThat(repository.newestRestorable("web1").point().id()).isEqualTo(web1.id());
        PointChoice choice = repository.newestRestorable("web9");
        assertThat(choice.point().id()).isEqualTo(older.id());
        assertThat(choice.damaged()).isFalse();
        assertThat(choice.passedOver()).singleElement().asString().contains("version 99");
        repository
                .restore(RestoreRequest.of(choice.point(), folder.resolve("out")), ProgressListener.NONE)
                .join();
    }

    @Test
    void damagedPointsArePassedOverAndTold() throws IOException {
        Files.writeString(newest.folder().resolve(Names.MANIFEST), "{");

        PointChoice choice = repository.newestRestorable("web9");

        assertThat(choice.point().id()).isEqualTo(older.id());
        assertThat(choice.damaged()).isTrue();
        Files.writeString(older.folder().resolve(Names.MANIFEST), "{");
        assertThatThrownBy(() -> repository.newestRestorable("web9")).isInstanceOf(DamagedException.class);
    }

    @Test
    void aBadJournalEntryIsThatDomainsTrouble() throws IOException {
        Path entry = folder.resolve("backups/web9/.journal/20261122T190000Z-full-9.json");
        Files.writeString(entry, "{");

        assertThat(verify().damage()).extracting(Finding::file).containsExactly(entry);
        assertThat(repository.points("web1").damage()).isEmpty();
        assertThat(repository.points("web9").points()).hasSize(2);
    }

    @Test
    void aDomainIsKnownByNameWithoutReadingAnyManifest() throws IOException {
        makeNewer(newest);
        assertThat(repository.holds("web9")).isTrue();
        assertThat(repository.holds("web9@" + older.id())).isFalse();
    }
}
