// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.doctor.Check.Result;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
        assertThat(reached(debian, "qemu:///system")).isEqualTo(own == 0 ? Result.OK : Result.FAILS);
    }

    private static Result reached(QemuUser user, String uri) throws Exception {
        return user.reaches(LibvirtUri.parse(uri), "/var/tmp").result();
    }

    @Test
    void scratchFilesNeedAtMostWhatTheDisksHave() {
        assertThat(ScratchCheck.answer("/f", 100 * MIB, null).result()).isEqualTo(Result.NOTE);
        assertThat(ScratchCheck.answer("/f", 100 * MIB, 200 * MIB).result()).isEqualTo(Result.OK);
        assertThat(ScratchCheck.answer("/f", 1000 * MIB, 200 * MIB).result()).isEqualTo(Result.NOTE);
        assertThat(ScratchCheck.answer("/f", 10_000 * MIB, 200 * MIB).result()).isEqualTo(Result.WARNING);
        Answer full = ScratchCheck.answer("/f", 10_000 * MIB, 0L);
        assertThat(full.result()).isEqualTo(Result.FAILS);
        assertThat(full.found()).isEqualTo("/f of the host is full");
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
