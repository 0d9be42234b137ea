// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BackupSpecTest {
    @Test
    void writesAPullBackup() {
        BackupSpec spec = BackupSpec.pull(NbdServer.unix("/run/x.sock"))
                .disk(BackupDisk.of("vda").on(BackupStorage.file("/scratch/a&b.qcow2")))
                .disk(BackupDisk.excluded("vdb"))
                .disk(BackupDisk.of("vdc"))
                .build();
        assertThat(spec.toXml())
                .isEqualTo("<domainbackup mode=\"pull\">"
                        + "<server transport=\"unix\" socket=\"/run/x.sock\"></server>"
                        + "<disks>"
                        + "<disk name=\"vda\" backup=\"yes\" type=\"file\">"
                        + "<scratch file=\"/scratch/a&amp;b.qcow2\"></scratch></disk>"
                        + "<disk name=\"vdb\" backup=\"no\"></disk>"
                        + "<disk name=\"vdc\"></disk>"
                        + "</disks></domainbackup>");
    }

    @Test
    void writesAPushBackup() {
        BackupSpec spec = BackupSpec.push()
                .since("monday")
                .disk(BackupDisk.of("sda").inFormat("raw").on(BackupStorage.block("/dev/vg/copy")))
                .build();
        assertThat(spec.toXml())
                .isEqualTo("<domainbackup mode=\"push\"><incremental>monday</incremental><disks>"
                        + "<disk name=\"sda\" backup=\"yes\" type=\"block\"><driver type=\"raw\"></driver>"
                        + "<target dev=\"/dev/vg/copy\"></target></disk></disks></domainbackup>");
    }

    @Test
    void readsWhatLibvirtReports() {
        BackupSpec spec = BackupSpec.parse("""
                <domainbackup mode='pull'>
                  <server transport='tcp' tls='no' name='127.0.0.1' port='10809'/>
                  <disks>
                    <disk name='vda' backup='yes' type='file' backupmode='full' exportname='vda' index='1'>
                      <driver type='qcow2'/>
                      <scratch file='/var/lib/x.qcow2'>
                        <seclabel model='dac' relabel='no'/>
                      </scratch>
                    </disk>
                    <disk name='vdb' backup='no'/>
                  </disks>
                </domainbackup>
                """);
        assertThat(spec.mode()).isEqualTo(BackupMode.PULL);
        assertThat(spec.server()).isEqualTo(new NbdServer.Tcp("127.0.0.1", 10809, false));
        BackupDisk vda = spec.disks().get(0);
        assertThat(vda.index()).isEqualTo(1);
        assertThat(vda.scope()).isEqualTo(BackupDisk.Scope.FULL);
        assertThat(vda.storage())
                .isEqualTo(BackupStorage.file("/var/lib/x.qcow2")
                        .labelled(List.of(new SecurityLabel("dac", false, null, List.of()))));
        assertThat(vda.effectiveExportBitmap()).isEqualTo("backup-vda");
        assertThat(spec.disks().get(1).included()).isFalse();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void everySpecComesBackFromItsXml(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 250; round++) {
            BackupSpec spec = randomSpec(random);
            assertThat(BackupSpec.parse(spec.toXml()))
                    .as("seed %d round %d", seed, round)
                    .isEqualTo(spec);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<domainsnapshot/> | backup XML: the root element is <domainsnapshot>, not <domainbackup>",
                "<domainbackup mode='pull'/> | backup XML, <domainbackup>: a pull backup needs the server that it is served from",
                "<domainbackup mode='fetch'/> | backup XML, <domainbackup>: attribute 'mode' is 'fetch', which is not known",
                "<domainbackup><disks><disk/></disks></domainbackup> | backup XML, <disk>: attribute 'name' is missing",
                "<domainbackup><disks><disk name='a' backup='maybe'/></disks></domainbackup> | backup XML, <disk>: attribute 'backup' is 'maybe', neither yes nor no",
                "<domainbackup><disks><disk name='a' type='file'><target file='x'/></disk></disks></domainbackup> | backup XML, <target>: 'x' is no absolute path",
                "<domainbackup mode='pull'><server transport='unix'/></domainbackup> | backup XML, <server>: attribute 'socket' is missing",
                "<domainbackup mode='pull'><server name='h' port='x'/></domainbackup> | backup XML, <server>: attribute 'port' is 'x', not a number",
            })
    void saysWhatIsWrongWithAnXml(String xml, String message) {
        assertThatThrownBy(() -> BackupSpec.parse(xml))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void namesThePlaceInBrokenXml() {
        assertThatThrownBy(() -> BackupSpec.parse("<domainbackup>\n  <disks>\n</domainbackup>"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("backup XML, line 3, column 3: ");
    }

    @Test
    void readsNoEntityOfAForeignFile() {
        String attack = "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><domainbackup>&e;</domainbackup>";
        assertThatThrownBy(() -> BackupSpec.parse(attack)).hasMessageContaining("DOCTYPE is disallowed");
    }

    private static BackupSpec randomSpec(Random random) {
        boolean pull = random.nextBoolean();
        BackupSpec.Builder spec = pull ? BackupSpec.pull(randomServer(random)) : BackupSpec.push();
        if (random.nextBoolean()) {
            spec.since("point-" + random.nextInt(100));
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            spec.disk(randomDisk(random, "vd" + (char) ('a' + i)));
        }
        return spec.build();
    }

    private static NbdServer randomServer(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> NbdServer.unix("/run/s<&>" + random.nextInt());
            case 1 -> new NbdServer.Tcp("::1", null, random.nextBoolean());
            case 2 -> new NbdServer.Fd("group", null);
            default -> NbdServer.tls("host.example", 1 + random.nextInt(65535));
        };
    }

    private static BackupDisk randomDisk(Random random, String name) {
        BackupDisk disk = BackupDisk.of(name);
        if (random.nextInt(5) == 0) {
            return BackupDisk.excluded(name);
        }
        if (random.nextBoolean()) {
            disk = random.nextBoolean() ? disk.full() : disk.since("c\"p");
        }
        if (random.nextBoolean()) {
            disk = disk.exportedAs("export " + name).withBitmap("bitmap'" + name);
        }
        if (random.nextBoolean()) {
            disk = disk.inFormat("qcow2");
        }
        if (random.nextBoolean()) {
            BackupStorage storage = random.nextBoolean()
                    ? BackupStorage.file("/dir/ä " + random.nextInt())
                    : BackupStorage.block("/dev/" + random.nextInt());
            if (random.nextBoolean()) {
                storage = storage.labelled(List.of(
                        new SecurityLabel("selinux", true, null, List.of("system_u:object_r:x:s0")),
                        new SecurityLabel(null, null, true, List.of())));
            }
            if (random.nextBoolean()) {
                storage = storage.encrypted(
                        random.nextBoolean()
                                ? LuksEncryption.withSecretUsage("usage " + random.nextInt())
                                : new LuksEncryption(
                                        new UUID(random.nextLong(), random.nextLong()),
                                        null,
                                        "qemu",
                                        new LuksEncryption.Cipher("aes", 256, "xts", "sha256"),
                                        new LuksEncryption.IvGenerator("plain64", "sha256")));
            }
            disk = disk.on(storage);
        }
        return disk;
    }
}
