// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.virtwire.backup.BackupException;
import dev.virtwire.nbd.NbdAddress;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.repository.internal.disk.SourceDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk with a bitmap, as qemu-nbd serves it. */
class NbdDiskIT {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private Process server;
    private NbdAddress address;

    @BeforeEach
    void serve() throws Exception {
        String image = folder.resolve("disk.qcow2").toString();
        run("qemu-img", "create", "-q", "-f", "qcow2", image, "64M");
        run("qemu-io", "-f", "qcow2", "-c", "write -P 1 0 32M", image);
        run("qemu-img", "bitmap", "--add", image, "since");
        run("qemu-io", "-f", "qcow2", "-c", "write -P 2 8M 1M", "-c", "write -z 10M 10M", image);
        run("qemu-io", "-f", "qcow2", "-c", "write -P 3 40M 64k", "-c", "write -z 41M 64k", image);
        Path socket = folder.resolve("nbd.sock");
        server = new ProcessBuilder(
                        "qemu-nbd", "-t", "-e", "8", "-r", "-x", "disk", "-B", "since", "-k", socket.toString(), image)
                .inheritIO()
                .start();
        await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(socket));
        address = new NbdAddress.Unix(socket);
    }

    @AfterEach
    void stop() {
        server.destroy();
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
    }

    private static List<String> walk(NbdDisk disk) {
        List<String> found = new ArrayList<>();
        SourceDisk.Extents extents = disk.extents();
        while (extents.next()) {
            found.add((extents.isChanged() ? "changed" : "same") + (extents.isZero() ? " zeros" : "") + " to "
                    + extents.end() / 1024);
        }
        return found;
    }

    @Test
    void tellsWhatChangedAndAsksForZerosOnlyWhereMuchDid() {
        try (NbdDisk disk = NbdDisk.open(address, "disk", "since", NbdOptions.DEFAULT, Duration.ZERO, () -> false)) {
            assertThat(disk.size()).isEqualTo(64 * MIB);
            assertThat(walk(disk))
                    .containsExactly(
                            "same to 8192",
                            "changed to 9216",
                            "same to 10240",
                            "changed zeros to 20480",
                            "same to 40960",
                            "changed to 41024",
                            "same to 41984",
                            "changed to 42048",
                            "same to 65536");
        }
    }

    @Test
    void tellsOnlyDataFromZerosWhereAllIsCopied() {
        try (NbdDisk disk = NbdDisk.open(address, "disk", null, NbdOptions.DEFAULT, Duration.ZERO, () -> false)) {
            assertThat(walk(disk))
                    .containsExactly(
                            "changed to 10240",
                            "changed zeros to 20480",
                            "changed to 32768",
                            "changed zeros to 40960",
                            "changed to 41024",
                            "changed zeros to 65536");
        }
    }

    @Test
    void isNotOpenedForAnIncrementWithoutItsBitmap() {
        assertThatThrownBy(
                        () -> NbdDisk.open(address, "disk", "another", NbdOptions.DEFAULT, Duration.ZERO, () -> false))
                .isInstanceOf(BackupException.class)
                .hasMessage(
                        "the NBD export disk does not offer the bitmap another: what changed cannot be told from what"
                                + " did not");
    }
}
