// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.doctor.Check.Result;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Answers that follow from what a host said. */
class AnswersTest {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "5.10.0, FAILS",
        "6.0.0, NOTE",
        "8.9.0, NOTE",
        "9.0.0, NOTE",
        "11.9.0, NOTE",
        "11.10.0, OK",
        "12.9.0, OK"
    })
    void versionsOfLibvirt(String version, Result result) {
        assertThat(HostChecks.libvirt(Version.parse(version)).result()).isEqualTo(result);
    }

    @Test
    void versionsOfQemu() {
        assertThat(HostChecks.qemu(Version.parse("7.1.0")).result()).isEqualTo(Result.NOTE);
        assertThat(HostChecks.qemu(Version.parse("7.2.0")).result()).isEqualTo(Result.OK);
    }

    @Test
    void theUserOfQemuIsInTheCapabilities() throws Exception {
        QemuUser debian = QemuUser.of("""
            <capabilities><host>
              <secmodel><model>apparmor</model><doi>0</doi></secmodel>
              <secmodel><model>dac</model><doi>0</doi>
                <baselabel type='kvm'>+64055:+108</baselabel><baselabel type='qemu'>+64055:+108</baselabel>
              </secmodel>
            </host></capabilities>
            """);
        assertThat(debian).isEqualTo(new QemuUser(64055, List.of("apparmor")));
        assertThat(debian.said().found()).isEqualTo("QEMU runs as user 64055, confined by apparmor");
        assertThat(QemuUser.of("<capabilities><host/></capabilities>")).isEqualTo(new QemuUser(null, List.of()));

        assertThat(reached(debian, "qemu+ssh://root@kvm1/system")).isEqualTo(Result.OK);
        assertThat(reached(debian, "qemu+ssh://backup@kvm1/system")).isEqualTo(Result.WARNING);
        int own = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        assertThat(reached(new QemuUser(own, List.of()), "qemu:///system")).isEqualTo(Result.OK);
        assertThat(reached(new QemuUser(null, List.of()), "qemu:///session")).isEqualTo(Result.OK);
        // What is behind a socket that the URI names may be another machine.
        assertThat(reached(debian, "qemu+unix:///system?socket=/run/forwarded")).isEqualTo(Result.NOTE);
        assertThat(reached(new QemuUser(null, List.of()), "qemu+unix:///session?socket=/run/forwarded"))
                .isEqualTo(Result.NOTE);
        assertThat(reached(debian, "qemu:///system")).isEqualTo(own == 0 ? Result.OK : Result.FAILS);
    }

    private static Result reached(QemuUser user, String uri) throws Exception {
        return user.reaches(LibvirtUri.parse(uri), "/var/tmp").result();
    }

    @Test
    void scratchFilesNeedAtMostWhatTheDisksHave() {
        assertThat(ScratchCheck.answer("/f", need(100), null).result()).isEqualTo(Result.NOTE);
        assertThat(ScratchCheck.answer("/f", need(100), measured(200)).result()).isEqualTo(Result.OK);
        assertThat(ScratchCheck.answer("/f", need(1000), measured(200)).result())
                .isEqualTo(Result.NOTE);
        assertThat(ScratchCheck.answer("/f", need(10_000), measured(200)).result())
                .isEqualTo(Result.WARNING);
        Answer full = ScratchCheck.answer("/f", need(10_000), measured(0));
        assertThat(full.result()).isEqualTo(Result.FAILS);
        assertThat(full.found()).isEqualTo("/f of the host is full");
    }

    @Test
    void whatAFirstBackupNeedsIsAGuess() {
        DiskCheck.Sum known = new DiskCheck.Sum(100 * MIB, 200 * MIB, 1, 0);
        assertThat(RepositoryChecks.room(300 * MIB, "ext4", known, 1).result()).isEqualTo(Result.OK);
        // An image that stands on another takes less than the disk.
        assertThat(RepositoryChecks.room(150 * MIB, "ext4", known, 1).result()).isEqualTo(Result.NOTE);
        // One with snapshots in it takes more.
        assertThat(RepositoryChecks.room(50 * MIB, "ext4", known, 1).result()).isEqualTo(Result.WARNING);
        assertThat(RepositoryChecks.room(0, "ext4", known, 1).result()).isEqualTo(Result.FAILS);
        Answer unknown = RepositoryChecks.room(300 * MIB, "ext4", known.plus((DiskCheck.Found) null), 1);
        assertThat(unknown.result()).isEqualTo(Result.NOTE);
        assertThat(unknown.found()).endsWith(", beside 1 disk whose size nobody knows");
    }

    @Test
    void whatNobodyKnowsOfScratchFilesIsSaid() {
        Answer unknown = ScratchCheck.answer("/f", new ScratchCheck.Need(100 * MIB, 1), measured(200));
        assertThat(unknown.result()).isEqualTo(Result.NOTE);
        assertThat(unknown.found()).contains("1 disk whose size nobody knows");
        // What libvirt knows of a pool may be old.
        assertThat(ScratchCheck.answer("/f", need(100), new HostRooms.Room(0, false))
                        .result())
                .isEqualTo(Result.WARNING);
    }

    @Test
    void foldersOfOneFileSystemShareItsRoom() throws Exception {
        String one = Files.createDirectory(folder.resolve("one")).toString();
        String two = Files.createDirectory(folder.resolve("two")).toString();
        String missing = folder.resolve("missing").toString();
        Map<String, ScratchCheck.Need> needs = Map.of(one, need(1), two, need(2), missing, need(4));
        assertThat(ScratchCheck.sharing(one, needs)).isEqualTo(need(3));
        assertThat(ScratchCheck.sharing(two, needs)).isEqualTo(need(3));
        assertThat(ScratchCheck.sharing(missing, needs)).isEqualTo(need(4));
    }

    private static ScratchCheck.Need need(long mib) {
        return new ScratchCheck.Need(mib * MIB, 0);
    }

    private static HostRooms.Room measured(long mib) {
        return new HostRooms.Room(mib * MIB, true);
    }

    @Test
    void aRuleOfAppArmorCountsIfItLetsWriteInTheFolder() throws Exception {
        Path rules = folder.resolve("libvirt-qemu");
        assertThat(Confinement.isAllowed(rules, "/var/tmp")).isFalse();
        Files.writeString(rules, """
            # /var/tmp/virtwire-*.sock rw,
            /{,var/}tmp/ r,
            /var/tmp/** r,
            """);
        assertThat(Confinement.isAllowed(rules, "/var/tmp")).isFalse();
        Files.writeString(rules, "  owner /var/tmp/virtwire-*.sock rw,\n");
        assertThat(Confinement.isAllowed(rules, "/var/tmp")).isTrue();
    }
}
