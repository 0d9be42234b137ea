// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RealServerIT {
    @TempDir
    Path directory;

    private Servers servers;

    @BeforeEach
    void prepare() {
        servers = new Servers(directory);
    }

    @AfterEach
    void end() {
        servers.close();
    }

    @Test
    void readsWhatAServerHas() {
        NbdAddress address = servers.nbdkit("pattern", "1M");
        try (NbdConnection connection = NbdConnection.open(address, "", NbdOptions.DEFAULT)) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
            connection.read(0, buffer).join();

            assertThat(connection.export().size()).isEqualTo(1 << 20);
            for (int i = 0; i < buffer.capacity(); i += 8) {
                assertThat(buffer.getLong(i)).isEqualTo(i);
            }
        }
    }

    @Test
    void walksThroughASparseDiskOf16TebibytesWithItsDirtyBitmap() {
        String disk = directory.resolve("sparse.qcow2").toString();
        Servers.run("qemu-img", "create", "-f", "qcow2", disk, "16T");
        Servers.run("qemu-img", "bitmap", "--add", disk, "b0");
        Servers.run("qemu-io", "-c", "write -P 7 1G 1M", "-c", "write -z 10T 64k", disk);
        NbdAddress address = servers.qemuNbd("-f", "qcow2", "-B", "b0", "-x", "vda", disk);
        List<String> contexts = List.of(NbdOptions.BASE_ALLOCATION, NbdOptions.dirtyBitmap("b0"));

        try (NbdConnection connection =
                NbdConnection.open(address, "vda", NbdOptions.DEFAULT.withMetaContexts(contexts))) {
            List<String> runs = new ArrayList<>();
            ExtentWalker walker = ExtentWalker.over(connection, contexts);
            while (walker.next()) {
                runs.add(walker.offset() + "+" + walker.length() + " " + walker.flags(0) + " " + walker.flags(1));
            }

            assertThat(runs)
                    .containsExactly(
                            "0+1073741824 3 0",
                            "1073741824+1048576 0 1",
                            "1074790400+10994041487360 3 0",
                            "10995116277760+65536 3 1", // zeros, and yet dirty
                            "10995116343296+6597069701120 3 0");
        }
    }
}
