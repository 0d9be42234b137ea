// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.repository.manifest.DiskEncryption;
import dev.virtwire.repository.manifest.DiskSource;
import java.util.List;
import org.junit.jupiter.api.Test;

class DiskChoiceTest {
    private static final String XML = """
            <domain type='qemu'>
              <os><nvram template='/usr/share/OVMF/OVMF_VARS.fd'>/var/lib/libvirt/qemu/nvram/web1_VARS.fd</nvram></os>
              <devices>
                <disk type='file' device='disk'>
                  <driver name='qemu' type='qcow2'/><source file='/images/a b.qcow2'/><target dev='vda' bus='virtio'/>
                  <encryption format='luks'><secret type='passphrase' uuid='f52a81b2-424e-490c-823d-6bd4235bc572'/></encryption>
                </disk>
                <disk type='block'><driver type='raw'/><source dev='/dev/vg/b'/><target dev='vdb'/></disk>
                <disk type='network' device='disk'>
                  <source protocol='rbd' name='pool/image'><auth username='x'><secret type='ceph' usage='key'/></auth>
                    <host name='mon1' port='6789'/><host name='mon2'/></source>
                  <target dev='vdc'/>
                </disk>
                <disk type='volume'><source pool='default' volume='v1'/><target dev='vdd'/><transient/></disk>
                <disk type='file' device='cdrom'><source file='/x.iso'/><target dev='sda'/><readonly/></disk>
                <disk type='file' device='floppy'><target dev='fda'/></disk>
                <disk type='file'><source file='/shared.raw'/><target dev='vde'/><readonly/></disk>
                <disk type='vhostuser'><source type='unix' path='/x.sock'/><target dev='vdf'/></disk>
                <tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>
              </devices>
            </domain>
            """;

    @Test
    void saysWhereEachDiskLies() {
        DiskChoice choice = DiskChoice.of(
                BackupRequest.of("web1"),
                "web1",
                HostFacts.description(XML.replace("<transient/>", "")).disks());

        assertThat(choice.disks())
                .extracting(ChosenDisk::source)
                .containsExactly(
                        new DiskSource(
                                "file",
                                "/images/a b.qcow2",
                                "qcow2",
                                new DiskEncryption("luks", "f52a81b2-424e-490c-823d-6bd4235bc572", false)),
                        new DiskSource("block", "/dev/vg/b", "raw", null),
                        new DiskSource("network", "rbd:pool/image", "raw", null, List.of("mon1:6789", "mon2")),
                        new DiskSource("volume", "default/v1", "raw", null));
    }

    @Test
    void saysWhyADiskIsLeftOut() {
        DiskChoice choice = DiskChoice.of(
                BackupRequest.of("web1"), "web1", HostFacts.description(XML).disks());

        assertThat(choice.disks()).extracting(ChosenDisk::target).containsExactly("vda", "vdb", "vdc");
        assertThat(choice.excluded())
                .extracting(disk -> disk.target() + ": " + disk.reason())
                .containsExactly(
                        "vdd: it is transient: its changes are thrown away when the guest stops",
                        "sda: it is a cdrom",
                        "fda: it is empty",
                        "vde: it is read-only",
                        "vdf: it is of type vhostuser, which the hypervisor cannot read");
    }

    /** What the guest overwrites would lie in clear beside the disk. */
    @Test
    void leavesOutWhatNoScratchFileCanBeEncryptedFor() {
        String xml = XML.replace("<secret type='passphrase' uuid='f52a81b2-424e-490c-823d-6bd4235bc572'/>", "");
        DiskChoice choice = DiskChoice.of(
                BackupRequest.of("web1"), "web1", HostFacts.description(xml).disks());

        assertThat(choice.excluded())
                .extracting(disk -> disk.target() + ": " + disk.reason())
                .contains("vda: it is encrypted, and no secret is named that its scratch file could be encrypted with");
    }

    @Test
    void refusesADiskThatWasAskedForAndCannotBeBackedUp() {
        assertThatThrownBy(() -> DiskChoice.of(
                        BackupRequest.of("web1").withDisk("vda").withDisk("sda"),
                        "web1",
                        HostFacts.description(XML).disks()))
                .isInstanceOf(BackupException.class)
                .hasMessage("disk sda of domain web1 cannot be backed up: it is a cdrom");
    }

    @Test
    void refusesWhatIsNoXmlAndNeverReadsOtherFiles() {
        assertThatThrownBy(() -> HostFacts.description("<domain>"))
                .isInstanceOf(BackupException.class)
                .hasMessageStartingWith("the host's domain XML is not readable: ");
        assertThatThrownBy(() -> HostFacts.description(
                        "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><domain>&x;</domain>"))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("DOCTYPE");
    }
}
