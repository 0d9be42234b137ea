// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.remote.StoragePoolCalls;
import dev.virtwire.protocol.remote.StoragePoolRef;
import dev.virtwire.protocol.remote.StorageVolCalls;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Upload and download against a real pool. */
@ExtendWith(LibvirtdExtension.class)
class TransferIT {
    private static final int MIB = 1 << 20;
    private static final long HUGE = 64L << 30;

    private static String uri;
    private static Path poolFolder;
    private static Libvirt libvirt;
    private static StoragePoolRef pool;

    @TempDir
    Path folder;

    @BeforeAll
    static void makePool(Libvirtd libvirtd) throws IOException {
        uri = libvirtd.unixUri();
        poolFolder = Files.createDirectory(libvirtd.directory().resolve("transfer-pool"));
        libvirt = Libvirt.connect(uri).join();
        pool = new StoragePoolCalls(libvirt)
                .storagePoolCreateXml(
                        "<pool type='dir'><name>transfer</name><target><path>%s</path></target></pool>"
                                .formatted(poolFolder),
                        Set.of())
                .join()
                .pool();
        volume("plain", 4 * MIB);
        volume("fresh", 4 * MIB);
        volume("huge", HUGE);
    }

    private static void volume(String name, long bytes) {
        new StorageVolCalls(libvirt)
                .storageVolCreateXml(
                        pool,
                        "<volume><name>%s</name><capacity>%d</capacity><allocation>0</allocation></volume>"
                                .formatted(name, bytes),
                        Set.of())
                .join();
    }

    @AfterAll
    static void removePool() {
        new StoragePoolCalls(libvirt).storagePoolDestroy(pool).join();
        libvirt.close();
    }

    private static CommandRun run(String... arguments) {
        return new Launcher()
                .run(Stream.concat(Stream.of("-c", uri), Stream.of(arguments)).toArray(String[]::new));
    }

    private Path content(String name) throws IOException {
        Path file = folder.resolve(name);
        byte[] bytes = new byte[MIB];
        new Random(1).nextBytes(bytes);
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.write(bytes);
            out.seek(3 * MIB);
            out.write(bytes);
        }
        return file;
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void whatWasUploadedComesBackByNameByPathAndSparse() throws IOException {
        Path file = content("content");
        CommandRun upload = run("upload", "transfer/plain", file.toString());
        assertThat(upload.exitCode()).as(upload.err()).isZero();
        assertThat(upload.out()).startsWith("uploaded plain in transfer: 4 MiB in ");
        assertThat(Files.mismatch(file, poolFolder.resolve("plain"))).isEqualTo(-1);

        Path back = folder.resolve("back");
        CommandRun download =
                run("download", poolFolder.resolve("plain").toString(), back.toString(), "--json", "--sparse");
        assertThat(download.exitCode()).as(download.err()).isZero();
        assertThat(download.out().replaceAll("\\s", ""))
                .matches("\\{\"pool\":\"transfer\",\"volume\":\"plain\",\"file\":\"" + back
                        + "\",\"bytes\":4194304,\"durationMillis\":\\d+}");
        assertThat(Files.mismatch(file, back)).isEqualTo(-1);

        assertThat(run("upload", "transfer/fresh", file.toString(), "--sparse", "--quiet"))
                .isEqualTo(new CommandRun(0, "", ""));
        assertThat(Files.mismatch(file, poolFolder.resolve("fresh"))).isEqualTo(-1);
    }

    @Test
    void aPartIsMovedWhereItIsAskedFor() throws IOException {
        Path file = Files.writeString(folder.resolve("word"), "0123456789");
        assertThat(run("upload", "transfer/huge", file.toString(), "--offset", "1000", "--length", "5", "--quiet"))
                .isEqualTo(new CommandRun(0, "", ""));
        Path back = folder.resolve("back");
        assertThat(run("download", "transfer/huge", back.toString(), "--offset", "999", "--length", "8", "--quiet"))
                .isEqualTo(new CommandRun(0, "", ""));
        assertThat(back).hasContent("\0" + "01234" + "\0\0");
    }

    @Test
    void whatIsNotThereIsNamed() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThat(run("download", "transfer/nothing", folder.resolve("x").toString()))
                .isEqualTo(
                        new CommandRun(1, "", "error: there is no storage volume 'transfer/nothing' on this host\n"));
        assertThat(run("download", "nothing/x", folder.resolve("x").toString()))
                .isEqualTo(new CommandRun(1, "", "error: there is no storage pool 'nothing' on this host\n"));
        assertThat(run("download", "transfer/plain", file.toString()))
                .isEqualTo(new CommandRun(1, "", "error: file " + file + " exists already: choose another name\n"));
        assertThat(run("upload", "transfer/plain", folder.resolve("none").toString())
                        .err())
                .isEqualTo("error: " + folder.resolve("none") + ": no such file or folder\n");
        assertThat(files()).containsExactly("file");
    }

    @Test
    void aSignalEndsADownloadAndLeavesNothing() throws Exception {
        Path file = folder.resolve("file");
        Launcher.Running running =
                new Launcher().start("-c", uri, "download", "transfer/huge", file.toString(), "--quiet");
        await().pollInterval(Duration.ofMillis(20))
                .atMost(Duration.ofSeconds(60))
                .until(() -> !files().isEmpty() && Files.size(folder.resolve(files().get(0))) > 0);
        assertThat(running.process().isAlive()).isTrue();
        assertThat(files()).doesNotContain("file");
        running.signal("INT");
        assertThat(running.await()).isEqualTo(new CommandRun(130, "", "error: interrupted; nothing of it is left\n"));
        assertThat(files()).isEmpty();
    }
}
