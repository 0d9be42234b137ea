// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.client.storage.VolumeTransfer;
import dev.virtwire.protocol.remote.StoragePoolCalls;
import dev.virtwire.protocol.remote.StoragePoolRef;
import dev.virtwire.protocol.remote.StorageVolCalls;
import dev.virtwire.protocol.stream.ReadableStream;
import dev.virtwire.protocol.stream.WritableStream;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Volumes of a real libvirtd by streams. {@code stream.mebibytes} says how much a large one has, {@code stream.uploads}
 * how many are uploaded in a row.
 */
@ExtendWith(LibvirtdExtension.class)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class VolumeStreamIT {
    private static final int MIB = 1 << 20;
    private static final long LARGE = Long.getLong("stream.mebibytes", 64) * MIB;
    private static final int UPLOADS = Integer.getInteger("stream.uploads", 25);

    private static Libvirtd libvirtd;
    private static Libvirt libvirt;
    private static Path folder;
    private static StoragePoolRef pool;
    private static int volumes;

    @TempDir
    private Path here;

    @BeforeAll
    static void makePool(Libvirtd server) throws IOException {
        libvirtd = server;
        folder = Files.createDirectory(server.directory().resolve("stream-pool"));
        libvirt = Libvirt.connect(server.unixUri()).join();
        pool = new StoragePoolCalls(libvirt)
                .storagePoolCreateXml(
                        "<pool type='dir'><name>streams</name><target><path>%s</path></target></pool>"
                                .formatted(folder),
                        Set.of())
                .join()
                .pool();
    }

    @AfterAll
    static void removePool() {
        new StoragePoolCalls(libvirt).storagePoolDestroy(pool).join();
        libvirt.close();
    }

    @Test
    void denseContentGoesAndComesBackEqual() throws IOException {
        Path file = random(LARGE);
        StorageVolume volume = volume(LARGE);
        long begin = System.nanoTime();
        assertThat(volume.upload(file, VolumeTransfer.ALL).join()).isEqualTo(LARGE);
        long uploaded = System.nanoTime();
        assertThat(Files.mismatch(file, on(volume))).isEqualTo(-1);
        Path back = here.resolve("back");
        long middle = System.nanoTime();
        assertThat(volume.download(back, VolumeTransfer.ALL).join()).isEqualTo(LARGE);
        report("dense", uploaded - begin, System.nanoTime() - middle);
        assertThat(Files.mismatch(file, back)).isEqualTo(-1);
        delete(volume);
    }

    @Test
    void holesStayHolesBothWaysAndAlsoAtTheEnd() throws IOException {
        Path file = here.resolve("sparse");
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.write(bytes(MIB, 1));
            out.seek(LARGE / 2 + 4096);
            out.write(bytes(MIB + 7, 2));
            out.setLength(LARGE);
        }
        StorageVolume volume = volume(LARGE);
        long begin = System.nanoTime();
        assertThat(volume.upload(file, VolumeTransfer.ALL.asSparse()).join()).isEqualTo(LARGE);
        long uploaded = System.nanoTime();
        assertThat(Files.mismatch(file, on(volume))).isEqualTo(-1);
        assertThat(allocated(on(volume))).isLessThan(4L * MIB);
        Path back = here.resolve("back");
        long middle = System.nanoTime();
        assertThat(volume.download(back, VolumeTransfer.ALL.asSparse()).join()).isEqualTo(LARGE);
        report("sparse", uploaded - begin, System.nanoTime() - middle);
        assertThat(Files.mismatch(file, back)).isEqualTo(-1);
        assertThat(allocated(back)).isLessThan(4L * MIB);
        delete(volume);
    }

    @Test
    void memoryIsBoundedWhateverTheSize() throws Exception {
        Path file = random(LARGE);
        StorageVolume volume = volume(LARGE);
        Path back = here.resolve("back");
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx24m",
                        "-XX:MaxDirectMemorySize=16m",
                        "-Dio.netty.maxDirectMemory=" + 16 * MIB,
                        "-cp",
                        System.getProperty("java.class.path"),
                        TransferMain.class.getName(),
                        libvirtd.unixUri(),
                        volume.key(),
                        file.toString(),
                        back.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(child.getInputStream().readAllBytes());
        assertThat(child.waitFor()).as(output).isZero();
        assertThat(Files.mismatch(file, back)).isEqualTo(-1);
        delete(volume);
    }

    /** A process of its own with little memory. */
    static final class TransferMain {
        public static void main(String[] args) {
            try (Libvirt libvirt = Libvirt.connect(args[0]).join()) {
                StorageVolume volume = StorageVolume.of(
                        libvirt,
                        new StorageVolCalls(libvirt)
                                .storageVolLookupByKey(args[1])
                                .join()
                                .volume());
                volume.upload(Path.of(args[2]), VolumeTransfer.ALL).join();
                volume.download(Path.of(args[3]), VolumeTransfer.ALL).join();
            }
        }
    }

    @Test
    void uploadsInARowLoseNoByte() throws IOException {
        StorageVolume volume = volume(2 * MIB);
        for (int i = 0; i < UPLOADS; i++) {
            byte[] content = bytes(MIB + i * 13, i);
            WritableStream stream = volume.openUpload(0, 0).join();
            stream.write(ByteBuffer.wrap(content));
            stream.finish().join();
            byte[] there = Files.readAllBytes(on(volume));
            assertThat(ByteBuffer.wrap(there, 0, content.length).mismatch(ByteBuffer.wrap(content)))
                    .as("upload %d", i)
                    .isEqualTo(-1);
        }
        delete(volume);
    }

    @Test
    void uploadsInARowOnOneConnectionLoseNoByteEither() throws IOException {
        StorageVolume volume = volume(2 * MIB);
        StorageVolCalls calls = new StorageVolCalls(libvirt);
        for (int i = 0; i < UPLOADS; i++) {
            byte[] content = bytes(MIB + i * 17, -i);
            WritableStream stream = calls.storageVolUpload(volume.ref(), 0, 0, Set.of()).join().stream();
            stream.write(ByteBuffer.wrap(content));
            CompletableFuture<String> call = libvirt.hostname();
            stream.finish().join();
            call.join();
            byte[] there = Files.readAllBytes(on(volume));
            assertThat(ByteBuffer.wrap(there, 0, content.length).mismatch(ByteBuffer.wrap(content)))
                    .as("upload %d", i)
                    .isEqualTo(-1);
        }
        delete(volume);
    }

    @Test
    void aPartIsWrittenAndReadWhereItBelongs() throws IOException {
        StorageVolume volume = volume(MIB);
        Path file = here.resolve("part");
        Files.write(file, bytes(5000, 3));
        assertThat(volume.upload(file, VolumeTransfer.ALL.range(1000, 4000)).join())
                .isEqualTo(4000);
        assertThat(Files.size(on(volume))).isEqualTo(MIB);
        Path back = here.resolve("back");
        assertThat(volume.download(back, VolumeTransfer.ALL.range(1000, 4000)).join())
                .isEqualTo(4000);
        assertThat(Files.mismatch(file, back)).isEqualTo(4000);
        delete(volume);
    }

    @Test
    void aDownloadThatIsCancelledInTheMiddleLeavesNothing() throws IOException {
        Path file = random(LARGE);
        StorageVolume volume = volume(LARGE);
        volume.upload(file, VolumeTransfer.ALL).join();
        Path back = here.resolve("back");
        CompletableFuture<Void> underWay = new CompletableFuture<>();
        CompletableFuture<Long> download = volume.download(back, VolumeTransfer.ALL.telling(bytes -> {
            underWay.complete(null);
            sleep(20);
        }));
        underWay.join();
        download.cancel(true);
        assertThatThrownBy(download::join).isInstanceOf(CancellationException.class);
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(list(here)).containsExactly(file));
        delete(volume);
    }

    @Test
    void anUploadThatIsAbortedInTheMiddleEndsAndTheVolumeCanBeWrittenAgain() throws IOException {
        StorageVolume volume = volume(8 * MIB);
        WritableStream stream = volume.openUpload(0, 0).join();
        stream.write(ByteBuffer.wrap(bytes(MIB, 4))).join();
        stream.abort().join();
        assertThatThrownBy(() -> stream.finish().join())
                .cause()
                .isInstanceOf(CallRefusedException.class)
                .hasMessageEndingWith("it was aborted by this side");
        Path file = random(8 * MIB);
        volume.upload(file, VolumeTransfer.ALL).join();
        assertThat(Files.mismatch(file, on(volume))).isEqualTo(-1);
        delete(volume);
    }

    @Test
    void anErrorOfTheServerInTheMiddleFailsTheUploadInTheServersWords() {
        StorageVolume volume = volume(8 * MIB);
        WritableStream stream = volume.openUpload(0, 1000).join();
        stream.write(ByteBuffer.wrap(bytes(3 * MIB, 5)));
        assertThatThrownBy(() -> stream.finish().join())
                .cause()
                .isInstanceOf(RemoteException.class)
                .hasMessageContaining("cannot write to stream");
        assertThatThrownBy(() -> stream.finish().join()).cause().isInstanceOf(RemoteException.class);
        delete(volume);
    }

    @Test
    void aFileThatIsThereIsNotReplaced() throws IOException {
        StorageVolume volume = volume(MIB);
        Path file = Files.writeString(here.resolve("mine"), "mine");
        assertThatThrownBy(() -> volume.download(file, VolumeTransfer.ALL).join())
                .cause()
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThat(file).hasContent("mine");
        assertThat(list(here)).containsExactly(file);
        delete(volume);
    }

    @Test
    void aReaderThatSleepsDelaysNoCall() throws IOException {
        Path file = random(LARGE);
        StorageVolume volume = volume(LARGE);
        volume.upload(file, VolumeTransfer.ALL).join();
        ReadableStream stream = volume.openDownload(0, 0).join();
        stream.read().join();
        long worst = 0;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
        int calls = 0;
        while (System.nanoTime() < end) {
            long begin = System.nanoTime();
            libvirt.hostname().join();
            worst = Math.max(worst, System.nanoTime() - begin);
            calls++;
        }
        System.out.printf(
                "a stream unread for 2 s: %d calls meanwhile, the slowest took %.1f ms%n", calls, worst / 1e6);
        // One that were delayed would wait for the reader, who waits for it.
        assertThat(Duration.ofNanos(worst)).isLessThan(Duration.ofSeconds(20));
        // And the stream has lost nothing.
        ByteBuffer target = ByteBuffer.allocate(MIB);
        long read = 0;
        for (int n = 0; n >= 0; n = stream.read(target.clear()).join()) {
            read += n;
        }
        assertThat(read).isBetween(LARGE - 262_144, LARGE - 1);
        stream.finish().join();
        delete(volume);
    }

    // ---- the scene

    private static StorageVolume volume(long capacity) {
        String xml = "<volume><name>v%d</name><capacity>%d</capacity><allocation>0</allocation></volume>"
                .formatted(++volumes, capacity);
        return StorageVolume.of(
                libvirt,
                new StorageVolCalls(libvirt)
                        .storageVolCreateXml(pool, xml, Set.of())
                        .join()
                        .volume());
    }

    private static void delete(StorageVolume volume) {
        new StorageVolCalls(libvirt).storageVolDelete(volume.ref(), Set.of()).join();
    }

    private static Path on(StorageVolume volume) {
        return folder.resolve(volume.name());
    }

    private Path random(long length) throws IOException {
        Path file = here.resolve("content");
        byte[] part = bytes(MIB, length);
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            for (long at = 0; at < length; at += MIB) {
                ByteBuffer.wrap(part).putLong(0, at);
                out.write(part);
            }
        }
        return file;
    }

    private static byte[] bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static long allocated(Path file) throws IOException {
        Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
        return Long.parseLong(new String(stat.getInputStream().readAllBytes()).strip()) * 512;
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void report(String what, long up, long down) {
        System.out.printf(
                "%d MiB %s: uploaded in %.2f s, downloaded in %.2f s%n", LARGE / MIB, what, up / 1e9, down / 1e9);
    }
}
