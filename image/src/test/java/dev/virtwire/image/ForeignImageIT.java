// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images that QEMU made read as QEMU reads them. */
class ForeignImageIT {
    @TempDir(factory = MemoryFolder.class)
    Path folder;

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "compat=1.1",
                "compat=0.10",
                "cluster_size=512",
                "cluster_size=4k",
                "cluster_size=2M",
                "refcount_bits=1",
                "refcount_bits=4",
                "refcount_bits=64",
                "lazy_refcounts=on",
                "preallocation=metadata",
                "preallocation=falloc,compat=0.10"
            })
    void whatQemuWrites(String options) throws Exception {
        Path image = folder.resolve("image.qcow2");
        Qemu.img(folder, "create", "-q", "-f", "qcow2", "-o", options, "image.qcow2", "20M");
        Qemu.io(
                image,
                "write -P 7 1M 3M",
                "write -P 9 5000k 33k",
                "write -z 2M 200k",
                "discard 3M 512k",
                "write 19M 1M");
        assertReadsAsInQemu(image);
        assertThat(Qcow2Check.check(image).findings()).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"compat=1.1", "compat=0.10,cluster_size=16k"})
    void whatQemuConverts(String options) throws Exception {
        Disk disk = new Disk(17, 9 << 20, 512, null, 50);
        Files.write(folder.resolve("truth.raw"), disk.content);
        Qemu.img(folder, "convert", "-f", "raw", "-O", "qcow2", "-o", options, "truth.raw", "image.qcow2");
        assertReadsAsInQemu(folder.resolve("image.qcow2"));
        assertThat(Qcow2Check.check(folder.resolve("image.qcow2")).findings()).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "compression_type=zlib",
                "compression_type=zstd",
                "compression_type=zlib,cluster_size=4k",
                "compression_type=zstd,cluster_size=2M",
                "compat=0.10"
            })
    void whatQemuCompresses(String options) throws Exception {
        Disk disk = new Disk(18, 9 << 20, 4096, null, 80);
        Files.write(folder.resolve("truth.raw"), disk.content);
        Qemu.img(folder, "convert", "-c", "-f", "raw", "-O", "qcow2", "-o", options, "truth.raw", "image.qcow2");
        assertReadsAsInQemu(folder.resolve("image.qcow2"));
        assertThat(Qcow2Check.check(folder.resolve("image.qcow2")).findings()).isEmpty();
    }

    @Test
    void aChainOfQemusOnARawBase() throws Exception {
        Disk disk = new Disk(3, 5 << 20, 512, null, 90);
        Files.write(folder.resolve("base.raw"), disk.content);
        Qemu.img(folder, "create", "-q", "-f", "qcow2", "-b", "base.raw", "-F", "raw", "middle.qcow2", "8M");
        Qemu.io(folder.resolve("middle.qcow2"), "write -z 1M 1M", "write -P 3 6M 70k");
        Qemu.img(
                folder,
                "create",
                "-q",
                "-f",
                "qcow2",
                "-o",
                "cluster_size=4k",
                "-b",
                "middle.qcow2",
                "-F",
                "qcow2",
                "top.qcow2",
                "7M");
        Qemu.io(folder.resolve("top.qcow2"), "write -P 4 1500k 9k", "write -P 5 0 1k");
        assertReadsAsInQemu(folder.resolve("top.qcow2"));
    }

    @Test
    void anImageWithASnapshotReadsAndItsCheckIsLeftToQemu() throws Exception {
        Path image = folder.resolve("image.qcow2");
        Qemu.img(folder, "create", "-q", "-f", "qcow2", "image.qcow2", "20M");
        Qemu.io(image, "write -P 7 1M 3M");
        Qemu.img(folder, "snapshot", "-c", "before", "image.qcow2");
        Qemu.io(image, "write -P 8 2M 1M");
        assertReadsAsInQemu(image);
        assertThatThrownBy(() -> Qcow2Check.check(image))
                .isInstanceOf(ImageException.class)
                .hasMessage(
                        image + ": holds internal snapshots, which only qemu-img check can follow (file offset 60)");
    }

    @Test
    void anImageWithABitmapReadsAndItsCheckIsLeftToQemu() throws Exception {
        Path image = folder.resolve("image.qcow2");
        Qemu.img(folder, "create", "-q", "-f", "qcow2", "image.qcow2", "20M");
        Qemu.img(folder, "bitmap", "--add", "-f", "qcow2", "image.qcow2", "dirty");
        Qemu.io(image, "write -P 7 1M 3M");
        assertReadsAsInQemu(image);
        assertThatThrownBy(() -> Qcow2Check.check(image))
                .isInstanceOf(ImageException.class)
                .hasMessage(image + ": holds persistent bitmaps, which only qemu-img check can follow");
    }

    @Test
    void whatWeDoNotSupportIsRefusedByName() throws Exception {
        Qemu.img(folder, "create", "-q", "-f", "qcow2", "-o", "extended_l2=on", "subclusters.qcow2", "20M");
        assertRefused("subclusters.qcow2", "the image has subclusters (extended L2 entries), which are not supported");
        Qemu.img(folder, "create", "-q", "-f", "qcow2", "-o", "data_file=d.raw,data_file_raw=on", "data.qcow2", "20M");
        assertRefused("data.qcow2", "the image keeps its data in another file (external data file)");
        Qemu.img(
                folder,
                "create",
                "-q",
                "-f",
                "qcow2",
                "--object",
                "secret,id=s,data=x",
                "-o",
                "encrypt.format=aes,encrypt.key-secret=s",
                "encrypted.qcow2",
                "20M");
        assertRefused("encrypted.qcow2", "the image is encrypted (method 1)");
    }

    /** What qemu-img check calls damaged, our check must not call clean. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void ourCheckFindsWhatQemusFinds(long seed) throws Exception {
        Path good = folder.resolve("good.qcow2");
        Disk disk = new Disk(seed, 8 << 20, 4096, null, 30);
        try (Qcow2Writer writer =
                Qcow2Writer.create(good, Qcow2Options.ofSize(8 << 20).withClusterSize(4096))) {
            for (Disk.Step step : disk.steps) {
                disk.apply(step, writer);
            }
            writer.finish();
        }
        byte[] bytes = Files.readAllBytes(good);
        int metadata = (int) ByteBuffer.wrap(bytes).getLong(40) - 4 * 4096;
        Random random = new Random(seed);
        Path victim = folder.resolve("victim.qcow2");
        int damaged = 0;
        for (int round = 0; round < 60; round++) {
            byte[] copy = bytes.clone();
            int at = random.nextInt(4) == 0 ? random.nextInt(112) : metadata + random.nextInt(copy.length - metadata);
            copy[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(victim, copy);
            int verdict = Qemu.exitCode(folder, "qemu-img", "check", "-q", "-f", "qcow2", "victim.qcow2");
            damaged += verdict == 0 ? 0 : 1;
            boolean clean;
            try {
                clean = Qcow2Check.check(victim).isClean();
            } catch (ImageException e) {
                clean = false;
            }
            assertThat(verdict != 0 && clean)
                    .as(
                            "seed %d round %d: byte %d; qemu-img exits %d, we say clean: %s",
                            seed, round, at, verdict, clean)
                    .isFalse();
        }
        assertThat(damaged).isGreaterThan(20);
    }

    private void assertRefused(String name, String text) {
        Path image = folder.resolve(name);
        assertThatThrownBy(() -> Qcow2Reader.open(image))
                .isInstanceOf(ImageException.class)
                .hasMessageStartingWith(image + ": " + text);
    }

    private void assertReadsAsInQemu(Path image) throws Exception {
        Qemu.img(folder, "convert", "-f", "qcow2", "-O", "raw", image.toString(), "qemu.raw");
        byte[] expected = Files.readAllBytes(folder.resolve("qemu.raw"));
        try (ImageChain chain = ImageChain.open(image, "qcow2", ImageAccess.within(folder))) {
            assertThat(chain.virtualSize()).isEqualTo(expected.length);
            byte[] whole = new byte[expected.length];
            chain.read(0, ByteBuffer.wrap(whole));
            assertThat(whole).isEqualTo(expected);
            readInPieces(chain, expected);
            assertThatExtentsAreTrue(chain, expected);
        }
    }

    private static void readInPieces(ImageChain chain, byte[] expected) throws IOException {
        Random random = new Random(1);
        for (int i = 0; i < 100; i++) {
            int offset = random.nextInt(expected.length);
            ByteBuffer piece = ByteBuffer.allocateDirect(random.nextInt(Math.min(200_000, expected.length - offset)));
            chain.read(offset, piece);
            assertThat(piece.flip()).isEqualTo(ByteBuffer.wrap(expected, offset, piece.remaining()));
        }
    }

    private static void assertThatExtentsAreTrue(ImageChain chain, byte[] expected) throws IOException {
        for (ImageExtent extent : chain.extents(0, expected.length)) {
            ByteBuffer content = ByteBuffer.wrap(expected, (int) extent.offset(), (int) extent.length());
            if (extent.kind() != ImageExtent.Kind.DATA) {
                assertThat(content.equals(ByteBuffer.allocate((int) extent.length())))
                        .as("%s is zeros", extent)
                        .isTrue();
            } else if (extent.hostOffset() != ImageExtent.NO_HOST_OFFSET) {
                ByteBuffer inFile = ByteBuffer.allocate((int) extent.length());
                Path file = chain.images().get(extent.depth()).file();
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                    while (inFile.hasRemaining() && channel.read(inFile, extent.hostOffset() + inFile.position()) > 0) {
                        continue;
                    }
                }
                assertThat(inFile.flip()).as("%s", extent).isEqualTo(content);
            }
        }
    }
}
