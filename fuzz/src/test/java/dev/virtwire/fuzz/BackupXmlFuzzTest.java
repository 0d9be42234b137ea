// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.virtwire.client.backup.BackupSpec;
import dev.virtwire.client.checkpoint.CheckpointSpec;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a {@code <domainbackup>} or a {@code <domaincheckpoint>} says, it is read or refused with a sentence. */
class BackupXmlFuzzTest {
    static Stream<byte[]> seeds() {
        return Stream.of(
                        """
                        <domainbackup mode='pull'><incremental>monday</incremental>
                          <server transport='tcp' tls='no' name='127.0.0.1' port='10809'/>
                          <disks><disk name='vda' backup='yes' type='file' backupmode='full' exportname='vda' index='1'>
                            <driver type='qcow2'/><scratch file='/x'><seclabel model='dac' relabel='no'/>
                              <encryption format='luks'><secret type='passphrase' usage='u'/>
                                <cipher name='aes' size='256' mode='xts' hash='sha256'/><ivgen name='plain64'/>
                              </encryption></scratch></disk>
                            <disk name='vdb' backup='no'/></disks></domainbackup>
                        """,
                        """
                        <domainbackup><disks><disk name='vda' type='block'><target dev='/dev/x'>
                          <encryption format='luks'><secret uuid='0ddf9b4e-77e8-4e3a-9b4c-2f7d4c8f7a11'/></encryption>
                        </target></disk></disks></domainbackup>
                        """,
                        """
                        <domaincheckpoint><name>tuesday</name><description>a &lt;b&gt;</description>
                          <parent><name>monday</name></parent><creationTime>1700000000</creationTime>
                          <disks><disk name='vda' checkpoint='bitmap' bitmap='tuesday' size='65536'/>
                            <disk name='vdb' checkpoint='no'/></disks></domaincheckpoint>
                        """,
                        "<domaincheckpoint><creationTime>9223372036854775807</creationTime></domaincheckpoint>",
                        "<domaincheckpoint><name>" + "<a>".repeat(50_000),
                        "<domaincheckpoint><name>" + "<a>".repeat(20_000) + "</a>".repeat(20_000)
                                + "</name></domaincheckpoint>")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("seeds")
    @FuzzTest
    void parses(byte[] input) {
        String text = new String(input, StandardCharsets.UTF_8);
        try {
            assertThat(BackupSpec.parse(text))
                    .isNotNull()
                    .satisfies(spec -> assertThat(spec.toXml()).startsWith("<domainbackup"));
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).startsWith("backup XML");
        }
        try {
            assertThat(CheckpointSpec.parse(text))
                    .isNotNull()
                    .satisfies(spec -> assertThat(spec.toXml()).startsWith("<domaincheckpoint"));
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).startsWith("checkpoint XML");
        }
    }
}
