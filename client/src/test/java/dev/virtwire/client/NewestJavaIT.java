// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What users of the newest Java of this machine see. */
@ExtendWith(LibvirtdExtension.class)
class NewestJavaIT {
    @Test
    void aProgramIsWarnedOfNothing(Libvirtd libvirtd, @TempDir Path folder) throws Exception {
        NewestJava.Printed printed =
                NewestJava.run(PlainProgram.class, folder, libvirtd.testUnixUri(), libvirtd.testTcpUri());
        assertThat(printed.out()).containsSubsequence("test", "true", "test", "true");
        assertThat(printed.err()).isEmpty();
    }

    @Test
    void virtualThreadsLetTheirCarriersGoWhenTheyWait(Libvirtd libvirtd, @TempDir Path folder) throws Exception {
        NewestJava.Printed printed = NewestJava.run(PinningProgram.class, folder, libvirtd.testUnixUri());
        assertThat(printed.out()).contains("done ").doesNotContain("PINNED");
    }
}
