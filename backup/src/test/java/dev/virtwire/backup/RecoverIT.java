// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.internal.host.OwnPools;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.checkpoint.Checkpoint;
import dev.virtwire.client.checkpoint.CheckpointDisk;
import dev.virtwire.client.checkpoint.CheckpointSpec;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.protocol.remote.StoragePoolCalls;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LibvirtdExtension.class)
class RecoverIT {
    @TempDir
    Path folder;

    private Libvirtd libvirtd;
    private Scene scene;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(shared, folder);
    }

    private Guest guest(String name) {
        return Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(32 * MIB).pattern(8))
                .start();
    }

    private RecoverReport recover() {
        return scene.recover(scene::connect);
    }

    private void dieInMidBackup(Guest guest) throws Exception {
        dieInMidBackup(guest, scene);
    }

    private void dieInMidBackup(Guest guest, Scene into) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        SleepyBackup.class.getName(),
                        libvirtd.unixUri(),
                        guest.name(),
                        into.backups().toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader output = process.inputReader()) {
            assertThat(output.readLine()).isEqualTo("copying");
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void whatAClientLeftThatWasKilledIsClearedByRecover() throws Exception {
        try (Guest guest = guest("killed-1")) {
            dieInMidBackup(guest);
            assertThat(scene.traces()).isNotEmpty();
            assertThat(scene.repository().points(guest.name()).points()).isEmpty();
            assertThat(scene.repository().points(guest.name()).unfinished()).hasSize(1);
            assertThat(scene.repository()
                            .verify(VerifyRequest.everything(), ProgressListener.NONE)
                            .join()
                            .notices())
                    .anyMatch(notice -> notice.text().contains("see recover"));

            RecoverReport report = recover();

            assertThat(report.clean()).isTrue();
            assertThat(report.done())
                    .anyMatch(done -> done.equals("ended the backup job of domain killed-1"))
                    .anyMatch(done -> done.startsWith("deleted checkpoint virtwire-"))
                    .anyMatch(done -> done.startsWith("deleted " + scene.backups()));
            scene.requireClean(guest.name());
            assertThat(recover().done()).isEmpty();
        }
    }

    /** The pool through which a run read a file of the host survives that run, and even libvirtd. */
    @Test
    void aPoolThatARunWasKilledWithIsEndedAndItsFilesStay() throws Exception {
        try (Guest guest = guest("killed-pool");
                Libvirt libvirt = scene.connect()) {
            dieInMidBackup(guest);
            Path file = Files.writeString(
                    Files.createTempDirectory(libvirtd.directory(), "vars").resolve("vars.fd"), "variables");
            String own = new OwnPools(
                            scene.repository().id(),
                            libvirt.domain(guest.name()).join().uuid())
                    .ofRun();
            for (String name : List.of(own, "virtwire-someone-elses")) {
                Path folder = name.equals(own) ? file.getParent() : Files.createTempDirectory(this.folder, "other");
                libvirt.storage()
                        .createPool("<pool type='dir'><name>" + name + "</name><target><path>" + folder
                                + "</path></target></pool>")
                        .join();
            }

            RecoverReport report = recover();

            assertThat(report.clean()).isTrue();
            assertThat(report.done()).contains("ended storage pool " + own + ", whose files stay");
            assertThat(libvirt.storage().pools().join())
                    .extracting(StoragePool::name)
                    .contains("virtwire-someone-elses")
                    .doesNotContain(own);
            assertThat(file).hasContent("variables");
            libvirt.storage().pool("virtwire-someone-elses").join().destroy().join();
        }
    }

    @Test
    void whatAClientLeftThatWasKilledIsClearedByTheNextRun() throws Exception {
        try (Guest guest = guest("killed-2")) {
            dieInMidBackup(guest);

            BackupResult result = scene.backup(BackupRequest.of(guest.name()));

            assertThat(result.notices())
                    .isNotEmpty()
                    .allMatch(notice -> notice.text().startsWith("an earlier run was cleaned"));
            scene.requireClean(guest.name(), result.point().manifest().checkpoint());
        }
    }

    @Test
    void aRunThatDiedAfterItsCommitLosesNothingButOldCheckpoints() throws Exception {
        try (Guest guest = guest("killed-3");
                Libvirt libvirt = scene.connect()) {
            Domain domain = libvirt.domain(guest.name()).join();
            String old = Names.checkpoint(scene.repository().id(), "20200101T000000Z-full");
            for (String name : List.of(old, "somebody-elses")) {
                domain.checkpoints()
                        .create(CheckpointSpec.of(name, List.of(CheckpointDisk.of("vda"))))
                        .join();
            }
            // As if killed between the commit and the deletion of the checkpoint before it.
            Point point = scene.backup(BackupRequest.of(guest.name())).point();
            Manifest manifest = point.manifest();
            scene.requireClean(guest.name(), "somebody-elses", manifest.checkpoint());
            domain.checkpoints()
                    .create(CheckpointSpec.of(old, List.of(CheckpointDisk.of("vda"))))
                    .join();
            DomainStore store =
                    RepositoryStore.open(scene.backups(), DurableFiles.PLAIN).domain(guest.name());
            store.journal()
                    .write(new JournalEntry(
                            JournalEntry.FORMAT,
                            JournalEntry.VERSION,
                            manifest.repository(),
                            point.id(),
                            "a test",
                            manifest.began(),
                            manifest.domain(),
                            manifest.host(),
                            manifest.mode(),
                            manifest.level(),
                            null,
                            false,
                            manifest.checkpoint(),
                            null,
                            List.of(),
                            List.of(),
                            null,
                            null,
                            null));

            assertThat(recover().done()).containsExactly("deleted checkpoint " + old);

            scene.requireClean(guest.name(), "somebody-elses", manifest.checkpoint());
            assertThat(scene.repository().newestPoint(guest.name()).id()).isEqualTo(point.id());
        }
    }

    /** A checkpoint that goes while a backup begins takes track of bitmaps away, and can end libvirtd 9.0. */
    @Test
    void whatNoPointNeedsStaysWhileAnotherRepositorysJobRuns() throws Exception {
        Scene other = new Scene(libvirtd, Files.createDirectory(folder.resolve("other")));
        try (Guest guest = guest("killed-8");
                Libvirt libvirt = scene.connect()) {
            Domain domain = libvirt.domain(guest.name()).join();
            String needed = scene.backup(BackupRequest.of(guest.name()))
                    .point()
                    .manifest()
                    .checkpoint();
            String old = Names.checkpoint(scene.repository().id(), "20200101T000000Z-full");
            domain.checkpoints()
                    .create(CheckpointSpec.of(old, List.of(CheckpointDisk.of("vda"))))
                    .join();
            dieInMidBackup(guest, other);

            RecoverReport report = recover();

            assertThat(report.done()).isEmpty();
            assertThat(report.notices())
                    .singleElement()
                    .asString()
                    .startsWith(
                            "bitmaps that domain killed-8 does not need were not looked for: another job is active on"
                                    + " domain killed-8 (backup, for ");
            assertThat(domain.checkpoints().list().join())
                    .extracting(Checkpoint::name)
                    .contains(old, needed);
            assertThat(other.recover(other::connect).clean()).isTrue();
            assertThat(recover().done()).containsExactly("deleted checkpoint " + old);
            scene.requireClean(guest.name(), needed);
        }
    }

    /** The folder is there for libvirtd and not for us, as on another machine. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void filesOfAnotherHostAreDeletedByLibvirtAndOnlyThePointsOwn(boolean byForwardedSocket) throws Exception {
        String uri = byForwardedSocket ? libvirtd.unixUri() : libvirtd.tcpUri();
        Path there = Files.createDirectories(libvirtd.directory().resolve("lib/scratch & more"));
        String folder = "/var/lib/libvirt/scratch & more";
        try (Guest guest = guest("killed-5" + byForwardedSocket)) {
            Point point = scene.backup(BackupRequest.of(guest.name())).point();
            Manifest manifest = point.manifest();
            String id = "20200101T000000Z-full";
            String own = Names.onHost(manifest.repository(), manifest.domain().uuid(), id, null);
            List<String> names = List.of(Names.scratch(own, "vda"), Names.scratch(own, "vdb"));
            Files.writeString(there.resolve(names.get(0)), "left");
            Files.writeString(there.resolve("somebody-elses"), "precious");
            DomainStore store =
                    RepositoryStore.open(scene.backups(), DurableFiles.PLAIN).domain(guest.name());
            store.journal()
                    .write(new JournalEntry(
                            JournalEntry.FORMAT,
                            JournalEntry.VERSION,
                            manifest.repository(),
                            id,
                            "a test",
                            manifest.began(),
                            manifest.domain(),
                            manifest.host(),
                            manifest.mode(),
                            manifest.level(),
                            null,
                            false,
                            null,
                            null,
                            names.stream().map(name -> folder + "/" + name).toList(),
                            List.of(),
                            null,
                            null,
                            null));

            RecoverReport report = Backups.recover(
                            scene.repository(), () -> Libvirt.connect(uri).join(), ProgressListener.NONE)
                    .join();

            assertThat(report.done())
                    .as("left: %s", report.left())
                    .containsExactly("deleted %s/%s on host %s"
                            .formatted(folder, names.get(0), manifest.host().name()));
            assertThat(report.clean()).isTrue();
            assertThat(there).isDirectoryContaining(file -> file.endsWith("somebody-elses"));
            assertThat(there.resolve(names.get(0))).doesNotExist();
            try (Libvirt libvirt = scene.connect()) {
                assertThat(new StoragePoolCalls(libvirt)
                                .connectNumOfStoragePools()
                                .join()
                                .num())
                        .isZero();
            }
        }
    }

    /** Many hosts are named debian or localhost. Each of the two has its own job, which the other knows nothing of. */
    @Test
    void whatRanOnAnotherHostOfTheSameNameIsClearedOnThatHostAlone() throws Exception {
        try (Guest guest = guest("killed-6");
                Libvirtd twin = PrivateLibvirtd.start();
                Libvirt there = Libvirt.connect(twin.unixUri()).join()) {
            assertThat(there.hostname().join()).isEqualTo(host());
            dieInMidBackup(guest);

            RecoverReport report =
                    scene.recover(() -> Libvirt.connect(twin.unixUri()).join());

            assertThat(report.done()).isEmpty();
            assertThat(report.left())
                    .singleElement()
                    .asString()
                    .contains(" left on host " + host() + ": this host has the same name, and its UUID is ");
            assertThat(scene.traces()).isNotEmpty();
            assertThat(scene.repository().points(guest.name()).unfinished()).hasSize(1);
            assertThat(recover().done()).anyMatch(done -> done.equals("ended the backup job of domain killed-6"));
            scene.requireClean(guest.name());
        }
    }

    private String host() {
        try (Libvirt libvirt = scene.connect()) {
            return libvirt.hostname().join();
        }
    }

    /** Who can write the repository must not choose where credentials go. */
    @Test
    void aUriInTheRepositoryIsNotFollowed() throws Exception {
        try (Guest guest = guest("killed-7")) {
            dieInMidBackup(guest);
            Path journal = scene.backups().resolve("killed-7/.journal");
            Path entry;
            try (Stream<Path> list = Files.list(journal)) {
                entry = list.filter(file -> file.toString().endsWith(".json"))
                        .findFirst()
                        .orElseThrow();
            }
            String written = Files.readString(entry);
            Files.writeString(
                    entry,
                    written.replaceFirst("\"name\" : \"" + host() + "\"", "\"name\" : \"evil\"")
                            .replaceFirst(
                                    "\"uuid\" : \"(?=[^\"]*\"\\s*\\})[^\"]*\"(?=\\s*\\},\\s*\"mode\")",
                                    "\"uuid\" : null")
                            .replaceFirst("\"uri\" : \"[^\"]*\"", "\"uri\" : \"qemu+tls://evil/system?no_verify=1\""));
            AtomicInteger connections = new AtomicInteger();

            RecoverReport report = scene.recover(() -> {
                connections.incrementAndGet();
                return scene.connect();
            });

            assertThat(connections).hasValue(1);
            assertThat(report.left()).singleElement().asString().endsWith(" left on host evil: this is host " + host());
            Files.writeString(entry, written);
            assertThat(recover().clean()).isTrue();
            scene.requireClean(guest.name());
        }
    }

    @Test
    void aHostThatCannotBeReachedKeepsItsEntryInTheJournal() throws Exception {
        try (Guest guest = guest("killed-4")) {
            dieInMidBackup(guest);

            RecoverReport report = Backups.recover(
                            scene.repository(),
                            () -> {
                                try {
                                    return Libvirt.connect("qemu+unix:///system?socket=/nowhere")
                                            .join();
                                } catch (CompletionException e) {
                                    throw (RuntimeException) e.getCause();
                                }
                            },
                            ProgressListener.NONE)
                    .join();

            assertThat(report.left())
                    .singleElement()
                    .asString()
                    .startsWith("what point 2")
                    .contains(" left on host ")
                    .contains("/nowhere");
            assertThat(scene.repository().points(guest.name()).unfinished()).hasSize(1);
            assertThat(recover().clean()).isTrue();
            scene.requireClean(guest.name());
        }
    }
}
