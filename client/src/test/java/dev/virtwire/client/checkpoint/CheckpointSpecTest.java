// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class CheckpointSpecTest {
    @Test
    void writesWhatLibvirtTakes() {
        CheckpointSpec spec = CheckpointSpec.of(
                        "monday", List.of(CheckpointDisk.of("vda"), CheckpointDisk.excluded("vdb")))
                .describedAs("before <the> upgrade");
        assertThat(spec.toXml())
                .isEqualTo("<domaincheckpoint><name>monday</name>"
                        + "<description>before &lt;the&gt; upgrade</description><disks>"
                        + "<disk name=\"vda\" checkpoint=\"bitmap\"></disk>"
                        + "<disk name=\"vdb\" checkpoint=\"no\"></disk></disks></domaincheckpoint>");
    }

    @Test
    void readsWhatLibvirtReports() {
        CheckpointSpec spec = CheckpointSpec.parse("""
                <domaincheckpoint>
                  <name>tuesday</name>
                  <parent><name>monday</name></parent>
                  <creationTime>1700000000</creationTime>
                  <disks>
                    <disk name='vda' checkpoint='bitmap' bitmap='tuesday' size='65536'/>
                    <disk name='vdb' checkpoint='no'/>
                  </disks>
                  <domain type='qemu'><name>guest</name></domain>
                </domaincheckpoint>
                """);
        assertThat(spec)
                .isEqualTo(new CheckpointSpec(
                        "tuesday",
                        null,
                        "monday",
                        Instant.ofEpochSecond(1_700_000_000),
                        List.of(
                                new CheckpointDisk("vda", true, "tuesday", 65536L),
                                new CheckpointDisk("vdb", false, null, null))));
    }

    @Test
    void saysWhatIsWrong() {
        assertThatThrownBy(() -> CheckpointSpec.parse(
                        "<domaincheckpoint><creationTime>now</creationTime>" + "</domaincheckpoint>"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("checkpoint XML, <creationTime>: 'now' is not a number");
    }
}
