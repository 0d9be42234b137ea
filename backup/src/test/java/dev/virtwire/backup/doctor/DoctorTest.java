// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.doctor.Check.Result;
import dev.virtwire.client.ConnectFailedException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectGetCapabilitiesResult;
import dev.virtwire.protocol.remote.ConnectGetTypeResult;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.protocol.remote.DomainGetSecurityLabelListResult;
import dev.virtwire.protocol.remote.DomainGetXmlDescResult;
import dev.virtwire.protocol.remote.DomainHasManagedSaveImageResult;
import dev.virtwire.protocol.remote.DomainProcedures;
import dev.virtwire.protocol.remote.DomainSecurityLabel;
import dev.virtwire.protocol.remote.JobProcedures;
import dev.virtwire.protocol.remote.SaveProcedures;
import dev.virtwire.protocol.remote.SecurityProcedures;
import dev.virtwire.protocol.remote.StorageVolProcedures;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.testkit.ScriptedError;
import dev.virtwire.testkit.ScriptedLibvirtd;
import dev.virtwire.testkit.TwoDomains;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the doctor says of hosts that refuse, are silent, or are something else. */
class DoctorTest {
    private static final String CAPABILITIES = """
        <capabilities><host>
          <uuid>11111111-2222-3333-4444-555555555555</uuid>
          <secmodel><model>apparmor</model><doi>0</doi></secmodel>
          <secmodel><model>dac</model><doi>0</doi><baselabel type='kvm'>+64055:+108</baselabel></secmodel>
        </host></capabilities>
        """;

    @TempDir
    Path folder;

    private ScriptedLibvirtd libvirtd;

    @BeforeEach
    void start() {
        libvirtd = TwoDomains.start();
        libvirtd.answer(ConnectProcedures.CONNECT_GET_TYPE, none -> new ConnectGetTypeResult("QEMU"));
        libvirtd.answer(
                ConnectProcedures.CONNECT_GET_CAPABILITIES, none -> new ConnectGetCapabilitiesResult(CAPABILITIES));
    }

    @AfterEach
    void end() {
        libvirtd.close();
    }

    private DoctorReport examine(DoctorRequest request) {
        return Doctor.examine(request, this::connect).join();
    }

    private Libvirt connect() {
        return Libvirt.connect(libvirtd.uri()).join();
    }

    private static Check check(DoctorReport report, String of, String name) {
        return report.checks().stream()
                .filter(check -> check.of().equals(of) && check.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + of + " " + name + " in " + report.checks()));
    }

    @Test
    void aHostThatCannotBeReachedIsOneRowAndTheRepositoryIsStillLookedAt() {
        DoctorReport report = Doctor.examine(DoctorRequest.ofHost().withRepository(folder.resolve("backups")), () -> {
                    throw new ConnectFailedException("nobody listens there", null);
                })
                .join();
        assertThat(check(report, Check.HOST, "connection").result()).isEqualTo(Result.FAILS);
        assertThat(check(report, Check.REPOSITORY, "folder").result()).isEqualTo(Result.OK);
        assertThat(check(report, Check.REPOSITORY, "room").result()).isEqualTo(Result.OK);
        assertThat(report.worst()).isEqualTo(Result.FAILS);
        assertThat(folder.resolve("backups")).doesNotExist();
    }

    @Test
    void anotherDriverThanQemusFails() {
        libvirtd.answer(ConnectProcedures.CONNECT_GET_TYPE, none -> new ConnectGetTypeResult("Test"));
        DoctorReport report = examine(DoctorRequest.ofHost());
        assertThat(report.checks()).extracting(Check::name).containsExactly("connection", "driver");
        assertThat(report.checks().get(1).found()).contains("Test");
        assertThat(report.worst()).isEqualTo(Result.FAILS);
    }

    @Test
    void whatIsRefusedCostsItsOwnRowAlone() {
        libvirtd.answer(ConnectProcedures.CONNECT_GET_CAPABILITIES, none -> {
            throw new ScriptedError(ErrorCode.ACCESS_DENIED, "access denied: 'connect' object requires 'read'");
        });
        libvirtd.answer(JobProcedures.DOMAIN_BACKUP_BEGIN, asked -> {
            throw new ScriptedError(ErrorCode.ACCESS_DENIED, "access denied: 'domain' object requires 'write'");
        });
        DoctorReport report = examine(DoctorRequest.ofHost());
        Check security = check(report, Check.HOST, "security");
        assertThat(security.result()).isEqualTo(Result.WARNING);
        assertThat(security.found())
                .isEqualTo("the host does not tell this user: access denied: 'connect' object requires" + " 'read'");
        Check permission = check(report, "web1", "permission");
        assertThat(permission.result()).isEqualTo(Result.FAILS);
        assertThat(permission.found()).contains("requires 'write'");
        assertThat(permission.remedy()).isNotNull();
        // Of what nobody refuses, nothing is missing.
        assertThat(check(report, "web1", "disks").result()).isEqualTo(Result.OK);
        assertThat(check(report, "web1", "disk sda").result()).isEqualTo(Result.NOTE);
        // Of this one, the host does not tell whether it has a saved memory, which each backup asks.
        assertThat(check(report, "a-longer-name", "domain").result()).isEqualTo(Result.FAILS);
    }

    @Test
    void whoMayBeginIsToldByWhatLibvirtSaysOfNonsense() {
        libvirtd.answer(JobProcedures.DOMAIN_BACKUP_BEGIN, asked -> {
            assertThat(asked.backupXml()).doesNotContain("domainbackup");
            throw new ScriptedError(ErrorCode.XML_ERROR, "unexpected root element");
        });
        assertThat(check(examine(DoctorRequest.ofHost()), "web1", "permission").result())
                .isEqualTo(Result.OK);
        libvirtd.answer(JobProcedures.DOMAIN_BACKUP_BEGIN, asked -> {
            throw new ScriptedError(ErrorCode.NO_SUPPORT, "this function is not supported");
        });
        assertThat(check(examine(DoctorRequest.ofHost()), "web1", "permission").result())
                .isEqualTo(Result.FAILS);
    }

    @Test
    void silenceCostsAsMuchTimeAsAQuestionMayTake() {
        libvirtd.leaveUnanswered(ConnectProcedures.CONNECT_GET_LIB_VERSION);
        DoctorReport report =
                examine(DoctorRequest.ofHost().withDomains(List.of("web1")).withPatience(Duration.ofSeconds(1)));
        Check version = check(report, Check.HOST, "libvirt");
        assertThat(version.result()).isEqualTo(Result.WARNING);
        assertThat(version.found()).endsWith(" within 1 s");
        // What comes after it was asked for, however long that took.
        assertThat(report.checks()).extracting(Check::name).contains("QEMU", "storage", "clock");
    }

    @Test
    void aDomainThatIsNotThereFails() {
        DoctorReport report = examine(DoctorRequest.ofHost().withDomains(List.of("wbe1", "web1")));
        Check missing = check(report, "wbe1", "name");
        assertThat(missing.result()).isEqualTo(Result.FAILS);
        assertThat(missing.found()).contains("there is no such domain");
        assertThat(check(report, "web1", "name").result()).isEqualTo(Result.OK);
    }

    @Test
    void aFolderWithOtherThingsFailsAndOneThatIsEmptyIsLeftAsItIs() throws Exception {
        Path other = Files.createDirectory(folder.resolve("other"));
        Files.createFile(other.resolve("letter.txt"));
        Check refused = check(examine(DoctorRequest.ofHost().withRepository(other)), Check.REPOSITORY, "folder");
        assertThat(refused.result()).isEqualTo(Result.FAILS);
        assertThat(refused.found()).contains("it holds letter.txt");

        Path empty = Files.createDirectory(folder.resolve("empty"));
        DoctorReport report = examine(DoctorRequest.ofHost().withRepository(empty));
        assertThat(check(report, Check.REPOSITORY, "folder").result()).isEqualTo(Result.OK);
        assertThat(check(report, Check.REPOSITORY, "abilities").result()).isEqualTo(Result.OK);
        try (Stream<Path> left = Files.list(empty)) {
            assertThat(left).isEmpty();
        }

        Path repository = folder.resolve("backups");
        Repository.openOrCreate(repository);
        report = examine(DoctorRequest.ofHost().withRepository(repository));
        assertThat(check(report, Check.REPOSITORY, "folder").found()).contains("is a repository, with 0 domains");
        assertThat(Repository.open(repository).domains()).isEmpty();
    }

    @Test
    void aFileIsNoRepository() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        assertThat(check(
                                examine(DoctorRequest.ofHost().withRepository(file.resolve("below"))),
                                Check.REPOSITORY,
                                "folder")
                        .result())
                .isEqualTo(Result.FAILS);
    }

    @Test
    void whoExportsOnAPortNeedsNoSocketThatAppArmorCouldRefuse() {
        describe("<seclabel type='dynamic' model='apparmor' relabel='yes'><label>libvirt-1</label></seclabel>");
        byte[] label = "libvirt-1\0".getBytes(StandardCharsets.UTF_8);
        libvirtd.answer(
                SecurityProcedures.DOMAIN_GET_SECURITY_LABEL_LIST,
                asked -> new DomainGetSecurityLabelListResult(List.of(new DomainSecurityLabel(label, 1)), 1));

        DoctorReport report = examine(DoctorRequest.ofHost().withDomains(List.of("web1")));

        assertThat(check(report, Check.HOST, "data path").found()).startsWith("an NBD export on a port of 127.0.0.1,");
        assertThat(check(report, "web1", "security").result()).isEqualTo(Result.OK);
    }

    private void describe(String more) {
        libvirtd.answer(
                DomainProcedures.DOMAIN_GET_XML_DESC,
                asked -> new DomainGetXmlDescResult("<domain type='kvm'><name>web1</name>" + more + "</domain>"));
    }

    @Test
    void aScratchFolderThatIsNotAbsoluteIsRefusedAsByABackup() {
        DoctorRequest request = DoctorRequest.ofHost();
        assertThatThrownBy(() -> request.withScratchFolder("here"))
                .isInstanceOf(BackupException.class)
                .hasMessage("the scratch folder is on the host and must be absolute: here");
    }

    @Test
    void aFirstBackupThatDiedBeforeItsPointIsStillToCome() {
        RepositoryStore repository = RepositoryStore.openOrCreate(folder.resolve("backups"), DurableFiles.PLAIN);
        repository.domain("web1").lock().close();

        DoctorReport report = examine(
                DoctorRequest.ofHost().withRepository(repository.folder()).withDomains(List.of("web1")));

        assertThat(check(report, "web1", "points").found())
                .isEqualTo("there is no point of it yet: the first backup reads all that its disks hold");
        assertThat(check(report, Check.REPOSITORY, "room").found())
                .endsWith(", and the first backup of 1 domain takes the room of 2 disks whose size nobody knows");
    }

    @Test
    void variablesThatABackupCannotReadWouldBeMissed() {
        libvirtd.answer(StorageVolProcedures.STORAGE_VOL_LOOKUP_BY_PATH, asked -> {
            throw new ScriptedError(ErrorCode.NO_STORAGE_VOL, "no storage vol with matching path");
        });
        DoctorRequest request = DoctorRequest.ofHost().withDomains(List.of("web1"));

        describe("<os><nvram type='block'><source dev='/dev/vg/vars'/></nvram></os>");
        Check device = check(examine(request), "web1", "UEFI variables");
        assertThat(device.result()).isEqualTo(Result.WARNING);
        assertThat(device.found())
                .isEqualTo(
                        "they would not be in a point: the host does not give it: no storage vol with matching path");

        describe("<os><nvram type='network'><source protocol='nbd' name='vars'><host name='n'/></source></nvram></os>");
        Check network = check(examine(request), "web1", "UEFI variables");
        assertThat(network.result()).isEqualTo(Result.WARNING);
        assertThat(network.found()).startsWith("they would not be in a point: they are on the network, ");

        // Of a file, a pool is made for a moment.
        describe("<os><nvram>/var/lib/libvirt/qemu/nvram/web1.fd</nvram></os>");
        assertThat(check(examine(request), "web1", "UEFI variables").result()).isEqualTo(Result.NOTE);
    }

    @Test
    void theHostIsAskedOnceWhatItIsHoweverManyDomainsThereAre() {
        libvirtd.answer(SaveProcedures.DOMAIN_HAS_MANAGED_SAVE_IMAGE, asked -> new DomainHasManagedSaveImageResult(0));

        DoctorReport report = examine(DoctorRequest.ofHost());

        assertThat(check(report, "a-longer-name", "domain").result()).isEqualTo(Result.OK);
        // Once for the versions' own rows, and once for what each backup asks first.
        assertThat(libvirtd.callsOf(ConnectProcedures.CONNECT_GET_VERSION)).isEqualTo(2);
    }

    @Test
    void whoSaysThatTheStorageIsHisOwnIsBelieved() {
        libvirtd.answer(SaveProcedures.DOMAIN_HAS_MANAGED_SAVE_IMAGE, asked -> new DomainHasManagedSaveImageResult(0));
        DoctorRequest request = DoctorRequest.ofHost().withDomains(List.of("a-longer-name"));

        Check unknown = check(examine(request), "a-longer-name", "own storage");
        assertThat(unknown.result()).isEqualTo(Result.FAILS);
        assertThat(unknown.found()).contains("storage pool fast, of which the host tells nothing");

        Check own = check(examine(request.onOwnStorage()), "a-longer-name", "own storage");
        assertThat(own.result()).isEqualTo(Result.OK);
        assertThat(own.found()).isEqualTo("no other host uses its disks, as --own-storage says");
    }

    @Test
    void itCanBeCancelled() {
        libvirtd.leaveUnanswered(ConnectProcedures.CONNECT_GET_LIB_VERSION);
        Operation<DoctorReport> operation =
                Doctor.examine(DoctorRequest.ofHost().withPatience(Duration.ofMinutes(10)), this::connect);
        while (libvirtd.callsOf(ConnectProcedures.CONNECT_GET_LIB_VERSION) == 0) {
            Thread.onSpinWait();
        }
        operation.cancel().join();
        assertThatThrownBy(operation::join).isInstanceOf(BackupCancelledException.class);
    }
}
