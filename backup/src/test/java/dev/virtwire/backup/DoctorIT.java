// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.doctor.Check;
import dev.virtwire.backup.doctor.Check.Result;
import dev.virtwire.backup.doctor.Doctor;
import dev.virtwire.backup.doctor.DoctorReport;
import dev.virtwire.backup.doctor.DoctorRequest;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.backup.BackupDisk;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.client.backup.BackupSpec;
import dev.virtwire.client.backup.BackupStorage;
import dev.virtwire.client.backup.NbdServer;
import dev.virtwire.client.checkpoint.Checkpoint;
import dev.virtwire.client.checkpoint.CheckpointDisk;
import dev.virtwire.client.checkpoint.CheckpointSpec;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.repository.Tools;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What the doctor says of a real host: one in order, and one that is not. */
@ExtendWith(LibvirtdExtension.class)
class DoctorIT {
    @TempDir
    Path folder;

    private Libvirtd libvirtd;
    private Scene scene;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(libvirtd, folder);
    }

    private DoctorReport examine(String... domains) {
        return Doctor.examine(
                        DoctorRequest.ofHost().withRepository(scene.backups()).withDomains(List.of(domains)),
                        scene::connect)
                .join();
    }

    private static Check check(DoctorReport report, String of, String name) {
        return report.checks().stream()
                .filter(check -> check.of().equals(of) && check.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + of + " " + name + " in " + report.checks()));
    }

    /** All that a look might have changed. */
    private List<String> traces(Libvirt libvirt, Domain domain) throws Exception {
        Stream<String> checkpoints = domain.checkpoints().list().join().stream().map(Checkpoint::name);
        Stream<String> pools = libvirt.storage().pools().join().stream().map(StoragePool::name);
        Stream<String> domains = libvirt.domains().join().stream().map(other -> other.name() + other.id());
        try (Stream<Path> files = Files.list(libvirtd.directory().resolve("disks"))) {
            List<String> names = files.map(Path::toString).sorted().toList();
            return Stream.of(
                            checkpoints,
                            pools,
                            domains,
                            names.stream(),
                            Stream.of(domain.xml().join()))
                    .flatMap(all -> all)
                    .toList();
        }
    }

    @Test
    void aHostInOrderIsToldSoAndIsLeftAsItWas() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "doctor-well")
                        .disk(GuestDisk.qcow2(16 * MIB).random(0, 4 * MIB, 1))
                        .start();
                Libvirt libvirt = scene.connect()) {
            Domain domain = libvirt.domain(guest.name()).join();
            List<String> before = traces(libvirt, domain);
            DoctorReport report = examine(guest.name());
            assertThat(traces(libvirt, domain)).isEqualTo(before);
            assertThat(scene.backups()).doesNotExist();
            assertThat(report.worst()).as(report.toString()).isLessThanOrEqualTo(Result.NOTE);
            assertThat(check(report, Check.HOST, "driver").result()).isEqualTo(Result.OK);
            // The URI names the socket, which could be forwarded.
            assertThat(check(report, Check.HOST, "data path").result()).isEqualTo(Result.NOTE);
            assertThat(check(report, Check.REPOSITORY, "room").found()).contains("the first backup of 1 domain");
            assertThat(check(report, guest.name(), "permission").result()).isEqualTo(Result.OK);
            assertThat(check(report, guest.name(), "disk vda").result()).isEqualTo(Result.OK);
            assertThat(check(report, guest.name(), "checkpoints").found()).startsWith("it has no checkpoint");

            // What it says of the host is what a backup finds.
            scene.backup(BackupRequest.of(guest.name()));
            report = examine(guest.name());
            assertThat(report.worst()).as(report.toString()).isLessThanOrEqualTo(Result.NOTE);
            assertThat(check(report, Check.REPOSITORY, "abilities").result()).isEqualTo(Result.OK);
            assertThat(check(report, guest.name(), "points").found()).startsWith("1 point, the newest of ");
            assertThat(check(report, guest.name(), "checkpoints").found())
                    .isEqualTo("checkpoints and bitmaps: 1 that the next backup builds on");
        }
    }

    @Test
    void whatIsWrongWithAGuestIsNamedAndABackupSaysTheSame() throws Exception {
        Path old = libvirtd.directory().resolve("doctor-old.qcow2");
        new Tools().run(List.of("qemu-img", "create", "-q", "-f", "qcow2", "-o", "compat=0.10", old.toString(), "8M"));
        try (Guest guest = Guest.on(libvirtd, "doctor-ill")
                        .disk(GuestDisk.qcow2(8 * MIB))
                        .disk(GuestDisk.raw(8 * MIB))
                        .disk(GuestDisk.existing(old, "qcow2"))
                        .device("<disk type='file' device='cdrom'><target dev='hda' bus='ide'/><readonly/></disk>")
                        .start();
                Libvirt libvirt = scene.connect()) {
            Domain domain = libvirt.domain(guest.name()).join();
            domain.checkpoints()
                    .create(CheckpointSpec.of("nightly-of-others", List.of(CheckpointDisk.of("vda"))))
                    .join();
            String socket = libvirtd.directory().resolve("others.sock").toString();
            BackupJob job = domain.beginBackup(BackupSpec.pull(NbdServer.unix(socket))
                            .disk(BackupDisk.of("vda")
                                    .on(BackupStorage.file(socket + ".scratch"))
                                    .inFormat("qcow2"))
                            .build())
                    .join();
            DoctorReport report = examine(guest.name());
            assertThat(check(report, guest.name(), "disk vdb").result()).isEqualTo(Result.NOTE);
            assertThat(check(report, guest.name(), "disk vdb").found()).contains("reads all of it");
            assertThat(check(report, guest.name(), "disk vdc").found()).contains(" of version 2, ");
            assertThat(check(report, guest.name(), "disk hda").result()).isEqualTo(Result.NOTE);
            Check jobs = check(report, guest.name(), "jobs");
            assertThat(jobs.result()).isEqualTo(Result.WARNING);
            assertThat(scene.failure(BackupRequest.of(guest.name())).getMessage())
                    .contains(jobs.found());
            assertThat(check(report, guest.name(), "checkpoints").found()).contains("1 of other programs");
            assertThat(check(report, guest.name(), "agent").result()).isEqualTo(Result.NOTE);
            job.abort().join();
        }
    }

    @Test
    void aGuestThatIsOffOnADeviceFailsAsItsBackupDoes() {
        String name = "doctor-device";
        try (Libvirt libvirt = scene.connect()) {
            Domain domain = libvirt.defineDomain("""
                <domain type='qemu'><name>%s</name><memory unit='MiB'>64</memory>
                  <os><type arch='x86_64' machine='pc'>hvm</type></os>
                  <devices><disk type='block' device='disk'><driver name='qemu' type='raw'/>
                    <source dev='/dev/no-such-device'/><target dev='vda' bus='virtio'/>
                  </disk></devices>
                </domain>
                """.formatted(name)).join();
            try {
                DoctorReport report = examine(name);
                Check storage = check(report, name, "own storage");
                assertThat(storage.result()).isEqualTo(Result.FAILS);
                assertThat(scene.failure(BackupRequest.of(name)).getMessage()).isEqualTo(storage.found());
                assertThat(report.worst()).isEqualTo(Result.FAILS);
            } finally {
                domain.undefine().join();
            }
        }
    }
}
