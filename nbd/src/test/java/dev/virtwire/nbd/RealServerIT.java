// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import static dev.virtwire.nbd.MalformedReplyTest.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.nbd.NbdException.Kind;
import dev.virtwire.nbd.NbdExport.Replies;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against nbdkit and qemu-nbd; nbdcopy and nbdinfo, which share no code with us, are the judges. */
class RealServerIT {
    private static final String BASE = NbdOptions.BASE_ALLOCATION;
    private static final NbdOptions WITH_BASE = NbdOptions.DEFAULT.withMetaContexts(BASE);

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
        assertThat(LifecycleTest.ownThreads()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 512, 1_000_001, 65536 * 5, 40 * 1024 * 1024 + 512})
    void nbdkitServesAFileOfAnySize(long size) throws Exception {
        Path file = patterned(size);

        assertServed(servers.nbdkit("file", file.toString()), "", file);
        assertServed(servers.nbdkitOverTcp("file", file.toString()), "", file);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 512, 1_000_001, 65536 * 5, 40 * 1024 * 1024 + 512})
    void qemuServesARawFileOfAnySize(long size) throws Exception {
        Path file = patterned(size);

        assertServed(servers.qemuNbd("-f", "raw", "-x", "vda", file.toString()), "vda", file);
        assertServed(servers.qemuNbdOverTcp("-f", "raw", "-x", "vda", file.toString()), "vda", file);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 512, 65536 * 5, 40 * 1024 * 1024 + 512})
    void qemuServesAQcow2ImageOfAnySize(long size) throws Exception {
        Path file = patterned(size);
        String image = directory.resolve("disk.qcow2").toString();
        Servers.run("qemu-img", "convert", "-O", "qcow2", file.toString(), image);

        assertServed(servers.qemuNbd("-f", "qcow2", "-x", "vda", image), "vda", file);
        assertServed(servers.qemuNbdOverTcp("-f", "qcow2", "-x", "vda", image), "vda", file);
    }

    /** Bytes over 1 and 4 connections against the source, extents against nbdinfo. */
    private void assertServed(NbdAddress address, String export, Path source) throws Exception {
        NbdUri uri = new NbdUri(address, export);
        byte[] expected = Files.readAllBytes(source);
        for (int connections : new int[] {1, 4}) {
            byte[] content = Exports.read(uri, NbdOptions.DEFAULT, connections);
            // QEMU rounds the size of a disk up to sectors of 512 bytes; what it adds reads as zeros.
            assertThat(content.length).isBetween(expected.length, (expected.length + 511) / 512 * 512);
            assertThat(Arrays.equals(content, Arrays.copyOf(expected, content.length)))
                    .as("%d connections to %s", connections, uri)
                    .isTrue();
        }
        try (NbdConnection connection = NbdConnection.open(address, export, WITH_BASE)) {
            assertThat(Exports.walk(connection, BASE)).isEqualTo(Exports.nbdinfoMap(uri, BASE));
        }
    }

    @Test
    void aServerWithoutStructuredRepliesIsReadAllTheSame() throws Exception {
        Path file = patterned(5_000_000);
        NbdAddress address = servers.nbdkit("--no-sr", "file", file.toString());

        try (NbdConnection connection = NbdConnection.open(address, "", WITH_BASE)) {
            assertThat(connection.export().replies()).isEqualTo(Replies.SIMPLE);
            assertThat(connection.export().metaContexts()).isEmpty();
        }
        assertThat(Exports.read(new NbdUri(address, ""), NbdOptions.DEFAULT, 4)).isEqualTo(Files.readAllBytes(file));
    }

    @Test
    void readsLongerThanTheServersMaximumAreSplit() throws Exception {
        NbdAddress address = servers.nbdkit(
                "--filter=blocksize-policy",
                "pattern",
                "10M",
                "blocksize-minimum=4096",
                "blocksize-preferred=4096",
                "blocksize-maximum=128K",
                "blocksize-error-policy=error");
        try (NbdConnection connection = NbdConnection.open(address, "", NbdOptions.DEFAULT)) {
            assertThat(connection.export().minimumBlockSize()).isEqualTo(4096);
            assertThat(connection.export().maximumRead()).isEqualTo(128 * 1024);
            ByteBuffer buffer = ByteBuffer.allocateDirect(10 << 20);

            connection.read(0, buffer).get(10, TimeUnit.SECONDS);

            for (int i = 0; i < buffer.capacity(); i += 8) {
                assertThat(buffer.getLong(i)).isEqualTo(i);
            }
            assertFails(
                    connection.read(512, ByteBuffer.allocate(4096)),
                    Kind.INVALID,
                    connection.uri() + ": read of 4096 bytes at offset 512 failed: "
                            + "the range is not aligned to the server's minimum block size, 4096");
        }
    }

    @Test
    void errorsOfTheServerFailSingleReadsAndNothingElse() throws Exception {
        Path trigger = directory.resolve("trigger");
        NbdAddress address = servers.nbdkit(
                "--filter=error", "pattern", "1M", "error-pread=EIO", "error-pread-rate=100%", "error-file=" + trigger);
        try (NbdConnection connection = NbdConnection.open(address, "", NbdOptions.DEFAULT)) {
            connection.read(0, ByteBuffer.allocate(4096)).get(10, TimeUnit.SECONDS);
            Files.createFile(trigger);
            CompletableFuture<Void> failing = connection.read(4096, ByteBuffer.allocate(4096));
            assertThat(failing).failsWithin(10, TimeUnit.SECONDS);
            failing.exceptionally(e -> {
                        NbdException nbd = (NbdException) e;
                        assertThat(nbd.kind()).isEqualTo(Kind.SERVER);
                        assertThat(nbd)
                                .hasMessageStartingWith(
                                        connection.uri() + ": read of 4096 bytes at offset 4096 failed: "
                                                + "the server says EIO (input/output error)");
                        return null;
                    })
                    .get(10, TimeUnit.SECONDS);
            Files.delete(trigger);

            connection.read(4096, ByteBuffer.allocate(4096)).get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void aSlowServerIsWaitedForAndASilentOneIsNot() throws Exception {
        NbdAddress address = servers.nbdkit("--filter=delay", "pattern", "1M", "rdelay=500ms");
        try (NbdConnection connection = NbdConnection.open(address, "", NbdOptions.DEFAULT)) {
            connection.read(0, ByteBuffer.allocate(4096)).get(10, TimeUnit.SECONDS);
        }
        try (NbdConnection connection =
                NbdConnection.open(address, "", NbdOptions.DEFAULT.withRequestTimeout(Duration.ofMillis(200)))) {
            assertFails(
                    connection.read(0, ByteBuffer.allocate(4096)),
                    Kind.TIMEOUT,
                    connection.uri() + ": read of 4096 bytes at offset 0 failed: "
                            + "the server has been silent for 200 ms");
        }
    }

    @Test
    void aServerThatIsKilledFailsAllPendingReads() throws Exception {
        NbdAddress address = servers.nbdkit("--filter=delay", "pattern", "1M", "rdelay=60");
        try (NbdConnection connection = NbdConnection.open(address, "", NbdOptions.DEFAULT)) {
            List<CompletableFuture<Void>> reads = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                reads.add(connection.read(i * 4096L, ByteBuffer.allocate(4096)));
            }

            servers.kill();

            for (CompletableFuture<Void> read : reads) {
                assertThat(read)
                        .failsWithin(10, TimeUnit.SECONDS)
                        .withThrowableThat()
                        .havingCause()
                        .isInstanceOfSatisfying(
                                NbdException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DISCONNECTED));
            }
        }
    }

    @Test
    void anUnknownExportIsRefusedInWords() throws Exception {
        Path file = patterned(512);
        NbdAddress address = servers.qemuNbd("-f", "raw", "-x", "vda", file.toString());

        assertThatThrownBy(() -> NbdConnection.open(address, "vdb", NbdOptions.DEFAULT))
                .isInstanceOfSatisfying(
                        NbdException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED))
                .hasMessage(new NbdUri(address, "vdb")
                        + ": the server has no export \"vdb\": \"export 'vdb' not present\"; it has \"vda\"");
    }

    @Test
    void aServerThatRequiresTlsSaysSo() throws Exception {
        Path keys = Files.writeString(directory.resolve("keys"), "user:" + "00".repeat(32) + "\n");
        NbdAddress address = servers.nbdkit("--tls=require", "--tls-psk=" + keys, "pattern", "1M");

        assertThatThrownBy(() -> NbdConnection.open(address, "", NbdOptions.DEFAULT))
                .isInstanceOfSatisfying(
                        NbdException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED))
                .hasMessageStartingWith(new NbdUri(address, "") + ": the server requires TLS");
    }

    @Test
    void walksThroughADiskWithItsDirtyBitmapsAsNbdinfoDoes() throws Exception {
        String disk = directory.resolve("disk.qcow2").toString();
        Servers.run("qemu-img", "create", "-f", "qcow2", disk, "9G");
        Servers.run("qemu-io", "-c", "write -P 1 100M 3M", "-c", "write -P 2 8G 1M", disk);
        Servers.run("qemu-img", "bitmap", "--add", disk, "b0");
        Servers.run("qemu-io", "-c", "write -P 3 101M 1M", "-c", "write -z 8G 64k", "-c", "discard 102M 1M", disk);
        Servers.run("qemu-img", "bitmap", "--add", "-g", "1M", disk, "b1");
        Servers.run("qemu-io", "-c", "write -P 4 5G 10M", "-c", "write -P 4 9215M 1M", disk);
        String b0 = NbdOptions.dirtyBitmap("b0");
        String b1 = NbdOptions.dirtyBitmap("b1");
        NbdAddress address = servers.qemuNbd("-f", "qcow2", "-B", "b0", "-B", "b1", "-A", "-x", "vda", disk);
        List<String> contexts = List.of(BASE, b0, b1, "qemu:allocation-depth");

        assertThat(NbdConnection.listMetaContexts(address, "vda", NbdOptions.DEFAULT, "qemu:dirty-bitmap:"))
                .containsExactlyInAnyOrder(b0, b1);
        try (NbdConnection connection =
                NbdConnection.open(address, "vda", NbdOptions.DEFAULT.withMetaContexts(contexts))) {
            assertThat(connection.export().metaContexts()).isEqualTo(contexts);
            for (String context : contexts) {
                assertThat(Exports.walk(connection, context))
                        .as(context)
                        .isEqualTo(Exports.nbdinfoMap(connection.uri(), context));
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
        List<String> contexts = List.of(BASE, NbdOptions.dirtyBitmap("b0"));

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

    @Test
    void walksThroughADiskOfMoreExtentsThanOneReplyHolds() throws Exception {
        Path file = directory.resolve("fragments.raw");
        int fragments = 70_000;
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.setLength(fragments * 8192L);
            for (int i = 0; i < fragments; i++) {
                raw.seek(i * 8192L);
                raw.write(1);
            }
        }
        NbdAddress address = servers.qemuNbd("-f", "raw", "-x", "vda", file.toString());

        try (NbdConnection connection = NbdConnection.open(address, "vda", WITH_BASE)) {
            List<Extent> walked = Exports.walk(connection, BASE);

            assertThat(walked).hasSize(2 * fragments).isEqualTo(Exports.nbdinfoMap(connection.uri(), BASE));
        }
    }

    /** A sparse file: noise at the beginning, in the middle and at the end, each a few odd bytes long. */
    private Path patterned(long size) throws IOException {
        Path file = directory.resolve("source.raw");
        Random random = new Random(size);
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.setLength(size);
            for (long at : new long[] {0, size / 3, size / 2, Math.max(0, size - 300_000)}) {
                byte[] noise = new byte[(int) Math.min(size - at, 300_000)];
                random.nextBytes(noise);
                raw.seek(at);
                raw.write(noise);
            }
        }
        return file;
    }
}
