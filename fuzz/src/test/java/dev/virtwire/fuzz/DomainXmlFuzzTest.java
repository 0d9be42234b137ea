// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.client.xml.XmlElement;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a {@code <domain>} says, it is read or refused with a sentence; what was read is written as it was. */
class DomainXmlFuzzTest {
    static Stream<byte[]> seeds() {
        return Stream.of(
                        """
                        <?xml version='1.0' encoding='UTF-8'?>
                        <domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><!-- c --><?p i?>
                          <name>a&amp;b&#13;</name><os><nvram type='network'><source protocol='rbd' name='x'/></nvram></os>
                          <devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
                            <source file='/a&#10;b'><seclabel relabel='no'/></source><target dev='vda'/><transient/>
                            <encryption format='luks'><secret type='passphrase' usage='u'/></encryption></disk>
                            <disk type='volume'><source pool='p' volume='v'/><target dev='vdb'/><readonly/></disk>
                            <tpm><backend type='emulator'><encryption secret='s'/></backend></tpm></devices>
                          <qemu:commandline><![CDATA[<&>]]></qemu:commandline></domain>
                        """,
                        "<domain/>",
                        "<?xml version='1.1'?><domain>&#1;</domain>",
                        "<domain>" + "<a>".repeat(50_000),
                        "<domain>" + "<a>".repeat(300) + "</a>".repeat(300) + "</domain>")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("seeds")
    @FuzzTest
    void parses(byte[] input) {
        XmlElement domain;
        try {
            domain = XmlElement.parse("domain XML", "domain", input);
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).startsWith("domain XML");
            return;
        }
        String written = domain.toXml();
        assertThat(DomainDescription.parse(written)).isEqualTo(DomainDescription.of(domain));
        assertThat(XmlElement.parse("domain XML", "domain", written).toXml()).isEqualTo(written);
    }
}
