// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.backup.internal.restore.DomainRewriter.Restored;
import dev.virtwire.backup.internal.restore.DomainRewriter.SavedXml;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.Notice;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class DomainRewriterTest {
    private static final UUID UUID_NEW = UUID.fromString("11111111-2222-3333-4444-555555555555");
    private static final String DISKS = """
                <disk type='network' device='disk'>
                  <driver name='qemu' type='raw' cache='none' io='native'/>
                  <auth username='admin'><secret type='ceph' uuid='22222222-2222-3333-4444-555555555555'/></auth>
                  <source protocol='rbd' name='pool/image'><host name='mon1' port='6789'/><seclabel relabel='no'/></source>
                  <encryption format='luks'><secret type='passphrase' uuid='32222222-2222-3333-4444-555555555555'/></encryption>
                  <backingStore/>
                  <target dev='vda' bus='virtio'/>
                  <serial>4711 &amp; more</serial>
                </disk>
                <disk type='block' device='disk'>
                  <source dev='/dev/vg/web1-data'/>
                  <target dev='vdb' bus='virtio'/>
                </disk>
                <disk type='file' device='cdrom'>
                  <driver name='qemu' type='raw'/><source file='/isos/debian.iso'/>
                  <target dev='sda' bus='sata'/><readonly/>
                </disk>
                <disk type='file' device='disk'>
                  <driver name='qemu' type='raw'/><source file='/images/swap.raw'/>
                  <target dev='vdc' bus='virtio'/>
                </disk>
            """;
    private static final String XML = """
            <domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
              <!-- made by hand -->
              <name>web1</name>
              <uuid>0ddf9b4e-77e8-4e3a-9b4c-2f7d4c8f7a11</uuid>
              <genid>40ddf9b4-77e8-4e3a-9b4c-2f7d4c8f7a11</genid>
              <os><type arch='x86_64' machine='q35'>hvm</type>
                <nvram template='/usr/share/OVMF/OVMF_VARS.fd'>/var/lib/libvirt/qemu/nvram/web1_VARS.fd</nvram></os>
              <sysinfo type='smbios'><system><entry name='uuid'>0ddf9b4e-77e8-4e3a-9b4c-2f7d4c8f7a11</entry>
                <entry name='serial'>S1</entry></system></sysinfo>
              <devices>
            %s    <interface type='network'>
                  <mac address='52:54:00:11:22:33'/><source network='default'/><model type='virtio'/>
                </interface>
                <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>
              </devices>
              <qemu:commandline><qemu:arg value='-foo'/></qemu:commandline>
            </domain>
            """.formatted(DISKS);
    private static final Map<String, Path> RESTORED =
            Map.of("vda", Path.of("/new/vda.qcow2"), "vdb", Path.of("/new/a \"quoted\" & odd/vdb.qcow2"));

    private static DomainRewriter rewriter(String name) {
        return rewriter(XML, null, name);
    }

    private static DomainRewriter rewriter(String xml, String live, String name) {
        return new DomainRewriter(saved(xml), live == null ? null : saved(live), name);
    }

    private static SavedXml saved(String xml) {
        return new SavedXml(Path.of("domain.xml"), xml.getBytes(StandardCharsets.UTF_8));
    }

    private static Restored restored(Map<String, Path> disks, ImageFormat format, Path nvram) {
        return new Restored(disks, format, nvram, Map.of(), false);
    }

    @Test
    void inPlaceOnlyTheRestoredFilesChange() {
        DomainRewriter rewriter = rewriter(null);
        String xml = rewriter.rewrite(UUID_NEW, restored(RESTORED, ImageFormat.QCOW2, Path.of("/new/nvram.fd")));
        assertThat(rewriter.notices())
                .containsExactly(
                        Notice.warning("disk vda was encrypted on its host, and what is restored is not"),
                        Notice.information("disk vdc is not restored: the domain has it where it was before"));
        assertThat(xml)
                .contains(
                        "<name>web1</name>",
                        "<uuid>0ddf9b4e-77e8-4e3a-9b4c-2f7d4c8f7a11</uuid>",
                        "<!-- made by hand -->",
                        "<mac address=\"52:54:00:11:22:33\"/>",
                        "xmlns:qemu=\"http://libvirt.org/schemas/domain/qemu/1.0\"",
                        "<qemu:commandline><qemu:arg value=\"-foo\"/></qemu:commandline>",
                        "<driver cache=\"none\" io=\"native\" name=\"qemu\" type=\"qcow2\"/>",
                        "<source file=\"/new/vda.qcow2\"><seclabel relabel=\"no\"/></source>",
                        "<serial>4711 &amp; more</serial>",
                        "<driver name=\"qemu\" type=\"qcow2\"/>",
                        "<source file=\"/new/a &quot;quoted&quot; &amp; odd/vdb.qcow2\"/>",
                        "/isos/debian.iso",
                        "/images/swap.raw",
                        "<nvram template=\"/usr/share/OVMF/OVMF_VARS.fd\">/new/nvram.fd</nvram>",
                        "<genid/>")
                .doesNotContain("rbd", "<auth", "encryption", "backingStore", "/dev/vg", "web1_VARS", "<?xml");
        assertThat(List.of(xml.split("type=\"file\"", -1))).hasSize(5);
    }

    @Test
    void nobodyIsWarnedOfAPlainCopyThatWasAllowed() {
        DomainRewriter rewriter = rewriter(null);
        rewriter.allowPlain("vda");
        rewriter.rewrite(UUID_NEW, restored(RESTORED, ImageFormat.QCOW2, Path.of("/new/nvram.fd")));
        assertThat(rewriter.notices())
                .contains(Notice.information("disk vda was encrypted on its host, and what is restored is not"));
        assertThat(rewriter.notices()).noneMatch(Notice::isWarning);
    }

    @Test
    void anotherDomainSharesNothingThatOnlyOneMayHave() {
        DomainRewriter rewriter = rewriter("web2");
        String xml = rewriter.rewrite(UUID_NEW, restored(RESTORED, ImageFormat.RAW, null));
        assertThat(rewriter.notices())
                .containsExactlyInAnyOrder(
                        Notice.warning("disk vda was encrypted on its host, and what is restored is not"),
                        Notice.warning("disk vdc is not restored, and web2 does not have it"),
                        Notice.warning("the UEFI variables were not saved: web2 begins with fresh ones"),
                        Notice.warning("the TPM of web2 begins empty: the point does not have its state"),
                        Notice.warning("web2 has the QEMU options of web1 (qemu:commandline): if they name a file, port"
                                + " or device that only one of the two can have, change them"));
        assertThat(xml)
                .contains(
                        "<name>web2</name>",
                        "<uuid>" + UUID_NEW + "</uuid>",
                        "<entry name=\"uuid\">" + UUID_NEW + "</entry>",
                        "<entry name=\"serial\">S1</entry>",
                        "<source network=\"default\"/>",
                        "<driver cache=\"none\" io=\"native\" name=\"qemu\" type=\"raw\"/>",
                        "<nvram template=\"/usr/share/OVMF/OVMF_VARS.fd\"/>",
                        "/isos/debian.iso")
                .doesNotContain("0ddf9b4e", "<mac", "swap.raw", "web1");
    }

    /** One file that two QEMUs write is lost. */
    @Test
    void anotherDomainSharesNoUefiVariablesWhereverTheyLie() {
        for (String variables : List.of(
                "<varstore template='/t.json' path='/vars/web1.json'/>",
                "<nvram type='block'><source dev='/dev/vg/web1'/></nvram>",
                "<nvram type='network'><source protocol='iscsi' name='iqn:web1/0'><host name='san'/></source></nvram>")) {
            String saved = "<domain><name>one</name><os>" + variables + "</os></domain>";
            DomainRewriter copy = rewriter(saved, null, "web2");
            assertThat(copy.rewrite(UUID_NEW, restored(Map.of(), ImageFormat.QCOW2, null)))
                    .as(variables)
                    .doesNotContain("web1");
            assertThat(copy.notices())
                    .extracting(Notice::text)
                    .containsExactly("the UEFI variables were not saved: web2 begins with fresh ones");

            DomainRewriter same = rewriter(saved, null, null);
            assertThat(same.rewrite(UUID_NEW, restored(Map.of(), ImageFormat.QCOW2, null)))
                    .as(variables)
                    .contains("web1");
            assertThat(same.notices())
                    .extracting(Notice::text)
                    .containsExactly("the UEFI variables are not restored: the domain has those that are there, or"
                            + " fresh ones");
        }
    }

    @Test
    void theDomainKeepsItsOwnVariablesWhereNoneWereSaved() {
        DomainRewriter rewriter = rewriter(null);
        String xml = rewriter.rewrite(UUID_NEW, restored(RESTORED, ImageFormat.QCOW2, null));
        assertThat(xml).contains(">/var/lib/libvirt/qemu/nvram/web1_VARS.fd</nvram>");
        assertThat(rewriter.notices())
                .extracting(Notice::text)
                .contains("the UEFI variables are not restored: the domain has those that are there, or fresh ones");
    }

    /**
     * The disk was plugged into the running guest, and its image is in the point; the saved XML is of the next start.
     */
    @Test
    void aDiskThatTheSavedDomainLacksIsTold() {
        DomainRewriter rewriter = rewriter("web2");
        Path plugged = Path.of("/new/vdx.qcow2");
        assertThat(rewriter.rewrite(UUID_NEW, restored(Map.of("vdx", plugged), ImageFormat.QCOW2, null)))
                .doesNotContain("vdx");
        assertThat(rewriter.notices())
                .extracting(Notice::text)
                .contains("disk vdx is restored to /new/vdx.qcow2, but the saved definition does not have it: it was"
                        + " attached to the running domain only");
    }

    @Test
    void aDiskOfTheRunningDomainIsAddedWithItsController() {
        String live = XML.replace("<tpm", """
                <disk type='file' device='disk'>
                  <driver name='qemu' type='qcow2' iothread='2'/>
                  <source file='/images/extra.qcow2' index='4'/><backingStore/>
                  <target dev='sdx' bus='scsi'/><alias name='scsi0-0-0-1'/><boot order='2'/>
                  <address type='drive' controller='0' bus='0' target='0' unit='1'/>
                </disk>
                <controller type='scsi' index='0' model='virtio-scsi'><address type='pci' slot='0x09'/></controller>
                <tpm\
                """);
        DomainRewriter rewriter = rewriter(XML, live, null);
        String xml = rewriter.rewrite(
                UUID_NEW, restored(Map.of("sdx", Path.of("/new/sdx.raw")), ImageFormat.RAW, Path.of("/n")));
        assertThat(xml)
                .contains(
                        "<source file=\"/new/sdx.raw\"/>",
                        "<target bus=\"scsi\" dev=\"sdx\"/>",
                        "<driver name=\"qemu\" type=\"raw\"/>",
                        "<controller index=\"0\" model=\"virtio-scsi\" type=\"scsi\"/>")
                .doesNotContain("extra.qcow2", "scsi0-0-0-1", "iothread", "slot=");
        assertThat(rewriter.notices())
                .extracting(Notice::text)
                .contains("disk sdx was attached to the running domain only, and the restored definition has it");
    }

    /** The host takes SCSI commands for devices only. */
    @Test
    void aDeviceThatTookScsiCommandsBecomesAPlainDisk() {
        String xml = XML.replaceFirst(
                "<disk type='network' device='disk'>",
                "<disk type='block' device='lun' sgio='unfiltered' rawio='yes'>");
        DomainRewriter rewriter = rewriter(xml, null, null);
        assertThat(rewriter.rewrite(UUID_NEW, restored(RESTORED, ImageFormat.QCOW2, Path.of("/n"))))
                .doesNotContain("lun", "sgio", "rawio");
        assertThat(rewriter.notices())
                .extracting(Notice::text)
                .contains("disk vda was a device that the guest sent SCSI commands to (lun), and is a plain disk now");
    }

    @Test
    void anOlderLibvirtsDefinitionGetsTheVariables() {
        String saved = "<domain><name>one</name><os firmware='efi'><type>hvm</type></os></domain>";
        String live = saved.replace("<type>", "<nvram>/vars/one.fd</nvram><type>");
        assertThat(rewriter(saved, live, null)
                        .rewrite(UUID_NEW, restored(Map.of(), ImageFormat.RAW, Path.of("/new/nvram.fd"))))
                .contains("<nvram>/new/nvram.fd</nvram>");
        DomainRewriter without = rewriter(saved, live, "two");
        assertThat(without.rewrite(UUID_NEW, restored(Map.of(), ImageFormat.RAW, null)))
                .doesNotContain("nvram");
        assertThat(without.notices())
                .extracting(Notice::text)
                .containsExactly("the UEFI variables were not saved: two begins with fresh ones");
    }

    @Test
    void aVarstoreGetsItsRestoredFile() {
        String saved = "<domain><name>one</name><os><varstore template='/t.json' path='/v/one.json'/></os></domain>";
        DomainRewriter rewriter = rewriter(saved, null, "two");
        assertThat(rewriter.rewrite(UUID_NEW, restored(Map.of(), ImageFormat.RAW, Path.of("/new/two.json"))))
                .contains("<varstore path=\"/new/two.json\" template=\"/t.json\"/>");
        assertThat(rewriter.notices()).isEmpty();
    }

    @Test
    void aSavedMediumIsInItsDrive() {
        DomainRewriter rewriter = rewriter(null);
        assertThat(rewriter.rewrite(
                        UUID_NEW,
                        new Restored(
                                RESTORED,
                                ImageFormat.QCOW2,
                                Path.of("/n"),
                                Map.of("sda", Path.of("/new/sda.medium")),
                                false)))
                .contains("<source file=\"/new/sda.medium\"/>")
                .doesNotContain("debian.iso");
    }

    /** The host would refuse the domain. */
    @Test
    void optionsOfQcow2GoWithTheFormat() {
        String options =
                "<driver name='qemu' type='qcow2' cache='none' discard_no_unref='on'><metadata_cache/></driver>";
        String xml = XML.replaceFirst("<driver [^>]*/>", options);
        for (ImageFormat format : ImageFormat.values()) {
            String rewritten = rewriter(xml, null, null).rewrite(UUID_NEW, restored(RESTORED, format, null));
            assertThat(rewritten.contains("metadata_cache")).isEqualTo(format == ImageFormat.QCOW2);
            assertThat(rewritten.contains("discard_no_unref")).isEqualTo(format == ImageFormat.QCOW2);
            assertThat(rewritten).contains("cache=\"none\"");
        }
    }

    @Test
    void variablesOfEveryKindBecomeTheRestoredFile() {
        for (String nvram : List.of(
                "<nvram type='block' template='/t.fd'><source dev='/dev/vg/vars'/></nvram>",
                "<nvram type='network' template='/t.fd'><source protocol='iscsi' name='iqn'><host name='h'/></source></nvram>",
                "<nvram type='file' template='/t.fd'><source file='/old.fd'/></nvram>")) {
            String xml = XML.replaceFirst("<nvram .*</nvram>", nvram);
            assertThat(rewriter(xml, null, null)
                            .rewrite(UUID_NEW, restored(RESTORED, ImageFormat.QCOW2, Path.of("/new/nvram.fd"))))
                    .contains("<nvram template=\"/t.fd\">/new/nvram.fd</nvram>");
        }
    }

    @Test
    void whatIsNoDomainIsRefused() {
        for (String xml : List.of(
                "<network/>",
                "<domain",
                "",
                "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><domain>&x;</domain>")) {
            assertThatThrownBy(() -> rewriter(xml, null, null))
                    .isInstanceOf(DamagedException.class)
                    .hasMessageStartingWith("domain.xml: ");
        }
    }
}
