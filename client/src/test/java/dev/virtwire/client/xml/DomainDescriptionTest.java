// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.xml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.xml.DomainDescription.Disk;
import dev.virtwire.client.xml.DomainDescription.Encryption;
import dev.virtwire.client.xml.DomainDescription.Place;
import dev.virtwire.client.xml.DomainDescription.Tpm;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DomainDescriptionTest {
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
                  <source protocol='rbd' name='pool/image'><auth username='x'><secret type='ceph' usage='key'/></auth></source>
                  <target dev='vdc'/><shareable/>
                </disk>
                <disk type='volume'><source pool='default' volume='v1'/><target dev='vdd'/><transient/></disk>
                <disk type='file' device='cdrom'><source file='/x.iso'/><target dev='sda'/><readonly/></disk>
                <disk type='file' device='floppy'><target dev='fda'/></disk>
                <disk type='nvme'><source type='pci' namespace='1'><address/></source><target dev='vde'/></disk>
                <disk type='vhostuser'><source type='unix' path='/x.sock'/><target dev='vdf'/></disk>
                <tpm model='tpm-tis'><backend type='emulator'>
                  <encryption secret='6dd3e4a5-1d76-44ce-961f-f119f5aad935'/></backend></tpm>
              </devices>
            </domain>
            """;

    @Test
    void tellsOfDisksVariablesTpmAndSecrets() {
        DomainDescription domain = DomainDescription.parse(XML);

        assertThat(domain.nvram()).isEqualTo(new Place("file", null, "/var/lib/libvirt/qemu/nvram/web1_VARS.fd"));
        assertThat(domain.keepsTpmState()).isTrue();
        assertThat(domain.tpm()).isEqualTo(new Tpm(null, null, true));
        assertThat(domain.secrets())
                .containsExactly(
                        "6dd3e4a5-1d76-44ce-961f-f119f5aad935", "ceph:key", "f52a81b2-424e-490c-823d-6bd4235bc572");
        assertThat(domain.disks())
                .extracting(disk -> disk.target() + " " + disk.device())
                .containsExactly(
                        "vda disk",
                        "vdb disk",
                        "vdc disk",
                        "vdd disk",
                        "sda cdrom",
                        "fda floppy",
                        "vde disk",
                        "vdf disk");
        assertThat(domain.disks())
                .extracting(Disk::place)
                .containsExactly(
                        new Place("file", null, "/images/a b.qcow2"),
                        new Place("block", null, "/dev/vg/b"),
                        new Place("network", "rbd", "pool/image"),
                        new Place("volume", null, "default/v1"),
                        new Place("file", null, "/x.iso"),
                        new Place("file", null, null),
                        new Place("nvme", null, null),
                        new Place("vhostuser", null, "/x.sock"));
        assertThat(domain.disks().get(0).format()).isEqualTo("qcow2");
        assertThat(domain.disks().get(2).format()).isNull();
        assertThat(domain.disks())
                .filteredOn(Disk::isEmpty)
                .extracting(Disk::target)
                .containsExactly("fda");
        assertThat(domain.disks())
                .filteredOn(Disk::isReadOnly)
                .extracting(Disk::target)
                .containsExactly("sda");
        assertThat(domain.disks())
                .filteredOn(Disk::isShareable)
                .extracting(Disk::target)
                .containsExactly("vdc");
        assertThat(domain.disks())
                .filteredOn(Disk::isEncrypted)
                .extracting(Disk::target)
                .containsExactly("vda");
        assertThat(domain.disks())
                .filteredOn(Disk::isTransient)
                .extracting(Disk::target)
                .containsExactly("vdd");
        assertThat(domain.disks())
                .filteredOn(Disk::isRemovable)
                .extracting(Disk::target)
                .containsExactly("sda", "fda");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<encryption format='luks'><secret type='passphrase' uuid='u'/></encryption> | luks | u",
                "<source><encryption format='luks'><secret type='passphrase' usage='k'/></encryption></source>"
                        + " | luks | passphrase:k",
                "<source/><backingStore><source/><backingStore><source><encryption format='luks2'>"
                        + "<secret type='passphrase' uuid='below'/></encryption></source></backingStore></backingStore>"
                        + " | luks2 | below",
                "<encryption/> | default |",
            })
    void findsTheSecretOfADiskOrOfAnImageBelowIt(String inDisk, String format, String secret) {
        DomainDescription domain =
                DomainDescription.parse("<domain><devices><disk>" + inDisk + "</disk></devices></domain>");

        assertThat(domain.disks().get(0).encryption()).isEqualTo(new Encryption(format, secret));
    }

    /** What a copy of it is to become says nothing of the disk. */
    @Test
    void takesNoEncryptionFromAMirror() {
        DomainDescription domain = DomainDescription.parse("<domain><devices><disk><source file='/a'/><mirror>"
                + "<source file='/b'><encryption format='luks'/></source></mirror></disk></devices></domain>");

        assertThat(domain.disks().get(0).isEncrypted()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<nvram>/vars.fd</nvram> | file | | /vars.fd",
                "<nvram type='file'><source file='/vars.fd'/></nvram> | file | | /vars.fd",
                "<nvram type='block'><source dev='/dev/vg/vars'/></nvram> | block | | /dev/vg/vars",
                "<nvram type='network'><source protocol='iscsi' name='iqn.2013:x/0'><host name='h'/></source></nvram>"
                        + " | network | iscsi | iqn.2013:x/0",
                "<nvram template='/t.fd'/> | file | |",
            })
    void findsTheVariablesOfEveryKind(String nvram, String type, String protocol, String name) {
        assertThat(DomainDescription.parse("<domain><os>" + nvram + "</os></domain>")
                        .nvram())
                .isEqualTo(new Place(type, protocol, name, protocol == null ? List.of() : List.of("h")));
    }

    @Test
    void namesWhoServesADisk() {
        DomainDescription domain = DomainDescription.parse("<domain><devices><disk type='network'><source"
                + " protocol='rbd' name='a/b'><host name='mon1' port='6789'/><host name='mon2'/><host transport='unix'"
                + " socket='/run/x.sock'/></source></disk></devices></domain>");

        assertThat(domain.disks().get(0).place().hosts()).containsExactly("mon1:6789", "mon2", "/run/x.sock");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<source type='dir' path='/tpm/web1'/> | dir | /tpm/web1",
                "<source type='file' path='/tpm/web1.permall'/> | file | /tpm/web1.permall",
            })
    void findsTheStateOfATpm(String source, String type, String path) {
        assertThat(DomainDescription.parse("<domain><devices><tpm><backend type='emulator' version='2.0'>" + source
                                + "</backend></tpm></devices></domain>")
                        .tpm())
                .isEqualTo(new Tpm("2.0", new Place(type, null, path), false));
    }

    @Test
    void aDomainMayHaveNothing() {
        assertThat(DomainDescription.parse("<domain/>"))
                .isEqualTo(new DomainDescription(List.of(), null, null, List.of()));
    }

    @Test
    void whatIsNoDomainIsRefused() {
        assertThatThrownBy(() -> DomainDescription.parse("<domain>"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("domain XML, line 1, column 9: ");
        assertThatThrownBy(() -> DomainDescription.parse("<network/>")).hasMessageContaining("<network>, not <domain>");
        assertThatThrownBy(() -> DomainDescription.parse(
                        "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><domain>&x;</domain>"))
                .hasMessageContaining("DOCTYPE");
    }
}
