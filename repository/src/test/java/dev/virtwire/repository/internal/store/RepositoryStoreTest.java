// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.DomainPoints;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.format.CrashingFiles;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Sha256;
import dev.virtwire.repository.internal.format.Writer;
import dev.virtwire.repository.internal.journal.DomainClone;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.unfinished.UnfinishedPoint;
import dev.virtwire.repository.manifest.DomainIdentity;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.Mode;
import dev.virtwire.repository.manifest.PointFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepositoryStoreTest {
    private static final String RANDOM = Names.random();

    private static final Instant SEVEN = Instant.parse("2026-11-22T19:00:00Z");

    @TempDir
    Path folder;

    private Path repository() {
        return folder.resolve("backups");
    }

    private RepositoryStore create() {
        return RepositoryStore.openOrCreate(repository(), DurableFiles.PLAIN);
    }

    private static Point addPoint(DomainStore domain) throws IOException {
        String id = domain.newPointId(SEVEN, Level.FULL);
        UnfinishedPoint unfinished = new UnfinishedPoint(domain, id);
        unfinished.create();
        byte[] xml = "<domain/>".getBytes(StandardCharsets.UTF_8);
        unfinished.write(Names.DOMAIN_XML, xml);
        PointFile stored = new PointFile(PointFile.DOMAIN, Names.DOMAIN_XML, xml.length, Sha256.hex(Sha256.of(xml)));
        return unfinished.commit(Manifests.full(domain.repositoryId(), id, stored, List.of()));
    }

    @Test
    void isMadeOfAFolderThatDoesNotExistAndKeepsItsIdWhenOpenedAgain() {
        String id = create().id();

        assertThat(id).matches("[a-z2-7]{12}");
        assertThat(create().id()).isEqualTo(id);
        assertThat(RepositoryStore.open(repository(), DurableFiles.PLAIN).id()).isEqualTo(id);
    }

    @Test
    void lets_sha256sum_checkItsFiles() throws Exception {
        DomainStore domain = create().domain("web1");
        domain.lock().close();
        Point point = addPoint(domain);

        assertThat(sha256sum(repository(), Names.REPOSITORY_SUM)).isZero();
        assertThat(sha256sum(point.folder(), Names.MANIFEST_SUM)).isZero();
    }

    private static int sha256sum(Path folder, String file) throws Exception {
        Process process = new ProcessBuilder("sha256sum", "--check", "--strict", "--quiet", file)
                .directory(folder.toFile())
                .inheritIO()
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void isReadableByItsOwnerOnly() throws Exception {
        DomainStore domain = create().domain("web1");
        domain.lock().close();
        addPoint(domain);

        try (Stream<Path> all = Files.walk(repository())) {
            for (Path path : all.toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                        .as(path.toString())
                        .isEqualTo(Files.isDirectory(path) ? "rwx------" : "rw-------");
            }
        }
    }

    @Test
    void refusesAFolderWithOtherThings() throws Exception {
        Files.createDirectories(repository());
        Files.writeString(repository().resolve("holiday.jpg"), "x");

        assertThatThrownBy(this::create)
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("neither a repository nor empty (it holds holiday.jpg)");
        assertThatThrownBy(() -> RepositoryStore.open(repository(), DurableFiles.PLAIN))
                .hasMessageContaining("is not a repository: it has no virtwire.json");
        assertThatThrownBy(() -> RepositoryStore.open(folder.resolve("nowhere"), DurableFiles.PLAIN))
                .hasMessageContaining("does not exist");
    }

    @Test
    void isThereAlsoWithoutItsFileButNotIfACrashLeftItsSumAlone() throws Exception {
        assertThat(Repository.isThere(repository())).isFalse();
        String id = create().id();
        assertThat(Repository.isThere(repository())).isTrue();

        Files.delete(repository().resolve(Names.REPOSITORY));
        assertThat(Repository.isThere(repository())).isFalse();
        assertThatThrownBy(() -> Repository.open(repository()))
                .hasMessageContaining("is not a repository: it has no virtwire.json");
        DomainStore domain = create().domain("web1");
        assertThat(domain.repositoryId()).isNotEqualTo(id);
        domain.lock().close();
        addPoint(domain);

        Files.delete(repository().resolve(Names.REPOSITORY));
        assertThat(Repository.isThere(repository())).isTrue();
        String missing = repository().resolve(Names.REPOSITORY) + ": is missing";
        assertThatThrownBy(() -> Repository.open(repository()))
                .isInstanceOf(DamagedException.class)
                .hasMessage(missing);
        assertThatThrownBy(this::create).isInstanceOf(DamagedException.class).hasMessage(missing);
    }

    @Test
    void refusesAPlaceThatIsNotAFolderOrCannotBeWritten() throws Exception {
        Files.writeString(repository(), "a file");

        assertThatThrownBy(this::create)
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("it exists already");
        assertThatThrownBy(() -> RepositoryStore.openOrCreate(repository().resolve("below"), DurableFiles.PLAIN))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("cannot create");
        assertThatThrownBy(() -> RepositoryStore.openOrCreate(Path.of("/proc/backups"), DurableFiles.PLAIN))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("cannot create /proc/backups");
    }

    @Test
    void refusesANewerVersion() throws Exception {
        create();
        Path file = repository().resolve(Names.REPOSITORY);
        String newer = Files.readString(file).replace("\"version\" : 1", "\"version\" : 4");
        Files.writeString(file, newer);
        Files.writeString(
                repository().resolve(Names.REPOSITORY_SUM),
                Sha256.sumLine(Sha256.of(newer.getBytes(StandardCharsets.UTF_8)), Names.REPOSITORY));

        assertThatThrownBy(() -> RepositoryStore.open(repository(), DurableFiles.PLAIN))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("version 4")
                .hasMessageContaining("use a newer one");
    }

    @Test
    void tellsPointsOfOneSecondApart() throws Exception {
        DomainStore domain = create().domain("web1");
        domain.lock().close();

        List<String> ids = List.of(
                addPoint(domain).id(), addPoint(domain).id(), addPoint(domain).id());

        assertThat(ids).containsExactly("20261122T190000Z-full", "20261122T190000Z-full-2", "20261122T190000Z-full-3");
        assertThat(domain.points().points()).extracting(Point::id).containsExactlyElementsOf(ids);
    }

    @Test
    void refusesAnotherDomainUnderTheSameName() throws Exception {
        DomainStore domain = create().domain("web1");
        domain.lock().close();
        domain.requireSame(new DomainIdentity("web1", UUID.randomUUID()));
        addPoint(domain);

        domain.requireSame(Manifests.WEB1);
        assertThatThrownBy(() -> domain.requireSame(new DomainIdentity("web1", new UUID(1, 2))))
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("holds points of another domain")
                .hasMessageContaining("0ddf9b4e-77e8-4e3a-9b4c-2f7d4c8f7a11")
                .hasMessageContaining("00000000-0000-0001-0000-000000000002")
                .hasMessageContaining("Move that folder to another name");
    }

    @Test
    void letsOneWriterInAtATimeAndSaysWhoItIs() throws Exception {
        DomainStore domain = create().domain("web1");
        DomainLock lock = domain.lock();

        assertThatThrownBy(domain::lock)
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("domain web1 in ")
                .hasMessageContaining("is being written by another run (process "
                        + ProcessHandle.current().pid());
        RepositoryStore.open(repository(), DurableFiles.PLAIN)
                .domain("web2")
                .lock()
                .close();
        // Trying and failing must not have dropped the lock that the kernel keeps.
        assertThat(lockedInKernel(repository().resolve("web1/.journal/lock"))).isTrue();
        lock.close();
        domain.lock().close();
    }

    private static boolean lockedInKernel(Path file) throws IOException {
        String inode = ":" + Files.getAttribute(file, "unix:ino") + " ";
        return Files.readString(Path.of("/proc/locks")).contains(inode);
    }

    @Test
    void refusesADomainThatIsASymbolicLink() throws Exception {
        RepositoryStore store = create();
        Files.createSymbolicLink(repository().resolve("web1"), Files.createDirectory(folder.resolve("elsewhere")));
        assertThatThrownBy(() -> store.domain("web1").lock())
                .isInstanceOf(RepositoryException.class)
                .hasMessageContaining("is a symbolic link");
        assertThat(folder.resolve("elsewhere")).isEmptyDirectory();
    }

    @Test
    void ordersPointsByWhatWasTheNewestWhateverTheClockSaid() throws Exception {
        DomainStore domain = create().domain("web1");
        domain.lock().close();
        Point first = addPoint(domain);
        String id = domain.newPointId(SEVEN.minusSeconds(60), Level.FULL);
        UnfinishedPoint unfinished = new UnfinishedPoint(domain, id);
        unfinished.create();
        byte[] xml = "<domain/>".getBytes(StandardCharsets.UTF_8);
        unfinished.write(Names.DOMAIN_XML, xml);
        PointFile stored = new PointFile(PointFile.DOMAIN, Names.DOMAIN_XML, xml.length, Sha256.hex(Sha256.of(xml)));
        Manifest later = Manifests.after(first, Manifests.full(domain.repositoryId(), id, stored, List.of()));
        unfinished.commit(later);

        assertThat(domain.points().points()).extracting(Point::id).containsExactly(first.id(), id);
    }

    @Test
    void keepsTheJournalOfWhatIsInProgress() throws Exception {
        DomainStore domain = create().domain("web1");
        domain.lock().close();
        String point = domain.newPointId(SEVEN, Level.FULL);
        String onHost = Names.onHost(domain.repositoryId(), Manifests.WEB1.uuid(), point, RANDOM);
        JournalEntry entry = new JournalEntry(
                JournalEntry.FORMAT,
                JournalEntry.VERSION,
                domain.repositoryId(),
                point,
                Writer.here().process(),
                SEVEN,
                Manifests.WEB1,
                Manifests.HOST,
                Mode.PULL,
                Level.FULL,
                null,
                false,
                Names.checkpoint(domain.repositoryId(), point),
                "/var/tmp/" + Names.socket(domain.repositoryId(), Manifests.WEB1.uuid(), point, RANDOM),
                List.of("/var/tmp/" + Names.scratch(onHost, "vda")),
                List.of(),
                3,
                RANDOM,
                null);

        domain.journal().write(entry);
        assertThat(domain.journal().entries()).containsExactly(entry);
        assertThat(domain.newPointId(SEVEN, Level.FULL)).isEqualTo("20261122T190000Z-full-2");
        domain.journal().remove(point);
        assertThat(domain.journal().entries()).isEmpty();
    }

    @Test
    void readsNoJournalEntryThatNamesWhatIsNotItsPoints_andStillListsThePoints() throws Exception {
        DomainStore domain = create().domain("web1");
        domain.lock().close();
        Point point = addPoint(domain);
        String id = "20261122T200000Z-incremental";
        String onHost = Names.onHost(domain.repositoryId(), Manifests.WEB1.uuid(), id, RANDOM);
        String checkpoint = Names.checkpoint(domain.repositoryId(), id);
        String socket = "/var/tmp/" + Names.socket(domain.repositoryId(), Manifests.WEB1.uuid(), id, RANDOM);
        String scratch = "/var/tmp/" + Names.scratch(onHost, "vda");
        String pushed = "/var/tmp/" + Names.pushed(onHost, "vda");
        domain.journal().write(entry(domain, id, checkpoint, socket, scratch, pushed));
        assertThat(domain.journal().entries()).hasSize(1);

        for (List<String> names : List.of(
                List.of("somebody-elses", socket, scratch, pushed),
                List.of(checkpoint, "/var/tmp/other.sock", scratch, pushed),
                List.of(checkpoint, socket.replace(RANDOM, "aaaaaaaaaaaa"), scratch, pushed),
                List.of(checkpoint, socket, scratch.replace(RANDOM, "aaaaaaaaaaaa"), pushed),
                List.of(checkpoint, socket, "/images/web1.qcow2", pushed),
                List.of(checkpoint, socket, "/var/tmp/" + Names.scratch(onHost, "../vda"), pushed),
                List.of(checkpoint, socket, "var/tmp/" + Names.scratch(onHost, "vda"), pushed),
                List.of(checkpoint, socket, scratch, "/images/web1.qcow2"),
                List.of(checkpoint, socket, scratch, scratch))) {
            domain.journal().write(entry(domain, id, names.get(0), names.get(1), names.get(2), names.get(3)));
            assertThatThrownBy(() -> domain.journal().entries())
                    .as("%s", names)
                    .isInstanceOf(RepositoryException.class)
                    .hasMessageContaining(id + ".json names ")
                    .hasMessageEndingWith(", which no run gave to that point; delete it by hand");
        }
        Files.writeString(domain.folder().resolve(".journal").resolve(id + ".json"), "{");
        assertThatThrownBy(() -> domain.journal().entries()).hasMessageContaining("is not readable at line 1");
        DomainPoints listed = Repository.open(repository()).points("web1");
        assertThat(listed.points()).containsExactly(point);
        assertThat(listed.unfinished()).containsExactly(id);
    }

    /** Whoever changes the journal does not get other domains ended. */
    @Test
    void readsNoJournalEntryOfAnotherClone() throws Exception {
        DomainStore domain = create().domain("web1");
        domain.lock().close();
        String id = "20261122T200000Z-full";
        DomainClone clone = DomainClone.of(Manifests.WEB1.name(), RANDOM, List.of("vda"));
        domain.journal().write(entry(domain, id, clone));
        assertThat(domain.journal().entries().get(0).servedBy()).isEqualTo(clone);

        for (DomainClone other : List.of(
                new DomainClone("web2", clone.uuid(), clone.disks()),
                new DomainClone(clone.name(), Manifests.WEB1.uuid(), clone.disks()),
                new DomainClone(clone.name(), clone.uuid(), List.of("../vda")))) {
            domain.journal().write(entry(domain, id, other));
            assertThatThrownBy(() -> domain.journal().entries())
                    .hasMessageContaining(" names domain " + other.name() + ", which no run gave to that point");
        }
    }

    private static JournalEntry entry(DomainStore domain, String id, DomainClone clone) {
        return new JournalEntry(
                JournalEntry.FORMAT,
                JournalEntry.NEWEST_VERSION,
                domain.repositoryId(),
                id,
                Writer.here().process(),
                SEVEN,
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
                RANDOM,
                clone);
    }

    @Test
    void aDomainWhoseNameDiffersInCaseAloneIsToldOfTheFileSystem() throws Exception {
        DomainStore domain = create().domain("web1");
        domain.lock().close();
        addPoint(domain);

        // As on a file system that does not tell WEB1 from web1.
        assertThatThrownBy(() -> domain.requireSame(new DomainIdentity("WEB1", new UUID(1, 2))))
                .isInstanceOf(RepositoryException.class)
                .hasMessageEndingWith("This file system does not tell capital letters from small ones: choose another"
                        + " repository for one of them");
        assertThatThrownBy(() -> domain.requireSame(new DomainIdentity("web1", new UUID(1, 2))))
                .hasMessageContaining("Move that folder to another name");
    }

    @Test
    void aFolderOfAFileSystemWithoutModesIsOpenToOthers() throws Exception {
        DomainStore domain = create().domain("web1");
        domain.lock().close();
        UnfinishedPoint point = new UnfinishedPoint(domain, "20261122T190000Z-full");
        point.create();
        assertThat(point.isOpenToOthers()).isFalse();
        // What the mount says there, whatever was asked for.
        Files.setPosixFilePermissions(point.folder(), PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(point.isOpenToOthers()).isTrue();
    }

    /** Where an open file cannot be deleted, it outlives its writer. */
    @Test
    void whatACopyLeftBesideItsImageIsNoPartOfThePoint() {
        assertThat(Names.isForResuming(".vda.spool")).isTrue();
        assertThat(Names.isForResuming("vda.spool")).isFalse();
    }

    @Test
    void readsAnEntryOfAProgramThatGaveNoRandomNamesAndDidNotAskForTheHostsUuid() throws Exception {
        DomainStore domain = create().domain("web1");
        domain.lock().close();
        String id = "20261122T200000Z-full";
        String old = "/var/tmp/" + Names.onHost(domain.repositoryId(), Manifests.WEB1.uuid(), id, null);
        domain.journal().write(entry(domain, id, Names.checkpoint(domain.repositoryId(), id), "", "", ""));
        Path file = domain.folder().resolve(".journal").resolve(id + ".json");
        ObjectMapper json = new ObjectMapper();
        ObjectNode entry = (ObjectNode) json.readTree(file.toFile());
        entry.put("version", 1).put("socket", old + ".sock").remove("random");
        entry.putArray("scratch").add(old + "-vda.scratch");
        entry.putArray("pushed");
        ((ObjectNode) entry.get("host")).remove("uuid");
        json.writeValue(file.toFile(), entry);

        JournalEntry read = domain.journal().entries().get(0);

        assertThat(read.random()).isNull();
        assertThat(read.host().is(Manifests.HOST.name(), "4f1fa0f4-8b1c-4f0c-9f0e-2d1f0a9b7c11"))
                .isTrue();
        assertThat(read.host().is("node2", null)).isFalse();
    }

    private static JournalEntry entry(
            DomainStore domain, String id, String checkpoint, String socket, String scratch, String pushed) {
        return new JournalEntry(
                JournalEntry.FORMAT,
                JournalEntry.VERSION,
                domain.repositoryId(),
                id,
                Writer.here().process(),
                SEVEN,
                Manifests.WEB1,
                Manifests.HOST,
                Mode.PULL,
                Level.INCREMENTAL,
                null,
                false,
                checkpoint,
                socket,
                List.of(scratch),
                List.of(pushed),
                null,
                RANDOM,
                null);
    }

    @Test
    void saysThatAPointIsCompleteWhereOnlyTheSyncAfterItsRenameFails() throws Exception {
        create();
        Set<Path> renamed = new HashSet<>();
        DomainStore domain = RepositoryStore.open(repository(), new DurableFiles((step, path) -> {
                    if (step == DurableFiles.Step.RENAME) {
                        renamed.add(path.getParent());
                    } else if (step == DurableFiles.Step.SYNC_FOLDER && renamed.contains(path)) {
                        throw new IOException("the disk is gone");
                    }
                }))
                .domain("web1");
        domain.lock().close();
        assertThatThrownBy(() -> addPoint(domain))
                .isInstanceOf(UnsureCommitException.class)
                .hasMessageEndingWith(
                        " is complete, but its name may not outlive a crash: the folder could not be synced"
                                + " (the disk is gone)");
        assertThat(domain.points().points()).hasSize(1);
        assertThat(domain.partials()).isEmpty();
    }

    @Test
    void findsEveryFlippedBitAndEveryTruncationInItsOwnFilesAndManifests() throws Exception {
        RepositoryStore store = create();
        DomainStore domain = store.domain("web1");
        domain.lock().close();
        Point point = addPoint(domain);

        for (String name : List.of(Names.REPOSITORY, Names.REPOSITORY_SUM)) {
            damageEverywhere(repository().resolve(name), () -> RepositoryStore.open(repository(), DurableFiles.PLAIN));
        }
        for (String name : List.of(Names.MANIFEST, Names.MANIFEST_SUM)) {
            damageEverywhere(point.folder().resolve(name), () -> domain.point(point.id()));
        }
    }

    private static void damageEverywhere(Path file, Runnable read) throws IOException {
        byte[] good = Files.readAllBytes(file);
        for (int i = 0; i < good.length; i++) {
            for (int bit = i % 4; bit < 8; bit += 4) {
                byte[] bad = good.clone();
                bad[i] ^= (byte) (1 << bit);
                Files.write(file, bad);
                assertThatThrownBy(read::run)
                        .as("bit %d of byte %d of %s", bit, i, file)
                        .isInstanceOfSatisfying(DamagedException.class, damage -> {
                            assertThat(damage.findings()).hasSize(1);
                            assertThat(damage.findings().get(0).file()).isEqualTo(file);
                        });
            }
            Files.write(file, java.util.Arrays.copyOf(good, i));
            assertThatThrownBy(read::run)
                    .as("%s cut to %d bytes", file, i)
                    .isInstanceOf(DamagedException.class)
                    .hasMessageStartingWith(file.toString());
        }
        Files.delete(file);
        assertThatThrownBy(read::run).isInstanceOf(DamagedException.class).hasMessage(file + ": is missing");
        Files.write(file, good);
        read.run();
    }

    @Test
    void namesThePlaceOfDamageInASumAndThePositionWhereAManifestStopsBeingJson() throws Exception {
        DomainStore domain = create().domain("web1");
        domain.lock().close();
        Point point = addPoint(domain);
        Path sum = point.folder().resolve(Names.MANIFEST_SUM);
        Path manifest = point.folder().resolve(Names.MANIFEST);
        byte[] goodSum = Files.readAllBytes(sum);

        byte[] bad = goodSum.clone();
        bad[7] = (byte) (bad[7] == 'a' ? 'b' : 'a');
        Files.write(sum, bad);
        assertThatThrownBy(() -> domain.point(point.id()))
                .hasMessageStartingWith(sum + ", bytes 7 to ")
                .hasMessageContaining("does not hold the SHA-256 of manifest.json");
        Files.write(sum, goodSum);

        byte[] json = Files.readAllBytes(manifest);
        json[0] = '[';
        Files.write(manifest, json);
        assertThatThrownBy(() -> domain.point(point.id()))
                .hasMessageStartingWith(manifest + ", bytes 0 to " + (json.length - 1))
                .hasMessageContaining("its SHA-256 is not the one in manifest.sha256")
                .hasMessageContaining("at line 2, column");
    }

    @Test
    void listsDamagedPointsBesideTheGoodOnes() throws Exception {
        DomainStore domain = create().domain("web1");
        domain.lock().close();
        Point first = addPoint(domain);
        Point second = addPoint(domain);
        Files.writeString(first.folder().resolve(Names.MANIFEST), "{}");

        Listing listing = domain.points();
        assertThat(listing.points()).extracting(Point::id).containsExactly(second.id());
        assertThat(listing.damage()).hasSize(1);
        assertThat(listing.damage().get(0).file()).isEqualTo(first.folder().resolve(Names.MANIFEST));
    }

    @Test
    void leavesARepositoryOrNoneWhereverItsCreationDies() {
        List<String> steps = new ArrayList<>();
        RepositoryStore.openOrCreate(
                folder.resolve("probe"), new DurableFiles((step, path) -> steps.add(step + " " + path)));
        for (int crash = 0; crash < steps.size(); crash++) {
            Path place = folder.resolve("crash" + crash);
            DurableFiles dying = CrashingFiles.at(crash);
            assertThatThrownBy(() -> RepositoryStore.openOrCreate(place, dying))
                    .as("crash at %s", steps.get(crash))
                    .isInstanceOf(RepositoryException.class);

            RepositoryStore again = RepositoryStore.openOrCreate(place, DurableFiles.PLAIN);
            assertThat(again.domains()).isEmpty();
        }
    }

    @Test
    void showsAPointWholeOrNotAtAllWhereverItsMakingDies() throws Exception {
        create();
        List<String> steps = new ArrayList<>();
        DomainStore probe = RepositoryStore.open(
                        repository(), new DurableFiles((step, path) -> steps.add(step + " " + path)))
                .domain("probe");
        probe.lock().close();
        addPoint(probe);
        for (int crash = 0; crash < steps.size(); crash++) {
            String name = "crash" + crash;
            try {
                DomainStore dying = RepositoryStore.open(repository(), CrashingFiles.at(crash))
                        .domain(name);
                dying.lock().close();
                addPoint(dying);
            } catch (IOException | RepositoryException e) {
                assertThat(e).as(steps.get(crash)).hasMessageContaining("crash");
            }
            DomainStore domain =
                    RepositoryStore.open(repository(), DurableFiles.PLAIN).domain(name);
            Listing listing = domain.points();
            assertThat(listing.damage()).as(steps.get(crash)).isEmpty();
            for (Path partial : domain.partials()) {
                domain.files().deleteTree(partial);
            }
            domain.lock().close();
            Point point = addPoint(domain);
            assertThat(domain.points().points()).contains(point);
        }
    }

    @Test
    void acceptsNoManifestWhoseNamesLeadElsewhere() throws Exception {
        RepositoryStore store = create();
        DomainStore domain = store.domain("web1");
        domain.lock().close();
        for (String name : List.of("../domain.xml", "/etc/passwd", ".hidden", "", "manifest.json", "a/b", "a\nb")) {
            String id = domain.newPointId(SEVEN, Level.FULL);
            UnfinishedPoint unfinished = new UnfinishedPoint(domain, id);
            unfinished.create();
            PointFile stored = new PointFile(PointFile.DOMAIN, name, 1, "0".repeat(64));
            Manifest manifest = Manifests.full(store.id(), id, stored, List.of());
            assertThatThrownBy(() -> unfinished.commit(manifest))
                    .isInstanceOf(DamagedException.class)
                    .hasMessageContaining("is not allowed");
        }
    }
}
