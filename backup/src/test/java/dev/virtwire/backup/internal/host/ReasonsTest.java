// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.virtwire.nbd.NbdAddress;
import dev.virtwire.nbd.NbdConnection;
import dev.virtwire.nbd.NbdOptions;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReasonsTest {
    @TempDir
    Path folder;

    private static String reason(NbdAddress address) {
        return Reasons.of(catchThrowable(
                () -> NbdConnection.open(address, "vda", NbdOptions.DEFAULT).close()));
    }

    @Test
    void aSocketThatIsNotThereIsExplainedByAContainer() {
        assertThat(reason(new NbdAddress.Unix(folder.resolve("nbd.sock"))))
                .endsWith(". QEMU's files are not seen from here, as in a container: name a folder that both see by"
                        + " --scratch, or use a port of 127.0.0.1 by --nbd");
    }

    @Test
    void aPortThatNobodyListensAtIsExplainedByTheHostsOwnName() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        assertThat(reason(new NbdAddress.Tcp("127.0.0.1", port)))
                .contains("127.0.1.1")
                .endsWith(": name the address by --nbd");
    }
}
