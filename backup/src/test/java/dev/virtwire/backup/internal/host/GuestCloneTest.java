// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.repository.internal.journal.DomainClone;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuestCloneTest {
    private static final String GUEST = """
            <domain type='kvm'>
              <name>web1</name>
              <uuid>4f1fa0f4-8b1c-4f0c-9f0e-2d1f0a9b7c11</uuid>
              <memory unit='TiB'>2</memory>
              <vcpu>64</vcpu>
              <iothreads>2</iothreads>
              <os firmware='efi'>
                <type arch='aarch64' machine='virt'>hvm</type>
                <nvram>/nvram.fd</nvram>
              </os>
              <devices>
                <emulator>/usr/bin/qemu-system-aarch64</emulator>
                <disk type='network' device='lun' snapshot='no' sgio='unfiltered'>
                  <driver name='qemu' type='raw' cache='none' io='native' iothread='2' discard='unmap'/>
                  <auth username='x'><secret type='ceph' uuid='4f1fa0f4-8b1c-4f0c-9f0e-2d1f0a9b7c12'/></auth>
                  <source protocol='rbd' name='a/b'><host name='mon'/><reservations managed='yes'/></source>
                  <target dev='sda' bus='scsi' removable='on'/>
                  <shareable/>
                  <iotune><total_iops_sec>10</total_iops_sec></iotune>
                  <serial>one</serial>
                  <boot order='1'/>
                  <address type='drive' controller='0' bus='0' target='0' unit='0'/>
                </disk>
                <disk type='file' device='disk'><source file='/b.qcow2'/><target dev='sdb' bus='scsi'/></disk>
                <interface type='network'><source network='nonet'/></interface>
                <tpm model='tpm-crb'><backend type='emulator'/></tpm>
              </devices>
              <seclabel type='static' model='dac'><label>+64:+64</label></seclabel>
            </domain>
            """;

    @Test
    void hasTheChosenDisksAndTheMachineAndNothingElse() {
        DomainClone clone = DomainClone.of("web1", "abcdefghijkl", List.of("sda"));

        XmlElement xml = XmlElement.parse("domain XML", "domain", GuestClone.xml(GUEST, clone));

        assertThat(xml.toXml().replaceAll("\\s+<", "<"))
                .isEqualTo("<domain type=\"kvm\"><name>web1-virtwire-abcdefghijkl</name><uuid>" + clone.uuid()
                        + "</uuid><memory unit=\"MiB\">16</memory><vcpu>1</vcpu>"
                        + "<os><type arch=\"aarch64\" machine=\"virt\">hvm</type></os>"
                        + "<devices><emulator>/usr/bin/qemu-system-aarch64</emulator>"
                        + "<disk device=\"disk\" type=\"network\"><alias name=\"ua-sda\"/>"
                        + "<driver cache=\"none\" io=\"native\" name=\"qemu\" type=\"raw\"/>"
                        + "<auth username=\"x\"><secret type=\"ceph\""
                        + " uuid=\"4f1fa0f4-8b1c-4f0c-9f0e-2d1f0a9b7c12\"/></auth>"
                        + "<source name=\"a/b\" protocol=\"rbd\"><host name=\"mon\"/></source>"
                        + "<target bus=\"virtio\" dev=\"sda\"/></disk>"
                        + "<controller model=\"none\" type=\"usb\"/>"
                        + "<memballoon model=\"none\"/></devices>"
                        + "<seclabel model=\"dac\" type=\"static\"><label>+64:+64</label></seclabel></domain>");
    }

    @Test
    void nobodyElseIsCalledOrKnownAsItIs() {
        DomainClone clone = DomainClone.of("x".repeat(250), "abcdefghijkl", List.of());

        assertThat(clone.name()).hasSize(200).endsWith("-virtwire-abcdefghijkl");
        assertThat(DomainClone.of("web1", "abcdefghijkm", List.of()).uuid()).isNotEqualTo(clone.uuid());
    }
}
