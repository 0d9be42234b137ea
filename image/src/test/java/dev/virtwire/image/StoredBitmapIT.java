// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bitmaps that QEMU's own tools put into images. */
class StoredBitmapIT {
    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {"cluster_size=64k", "cluster_size=512", "extended_l2=on", "data_file=d.raw,data_file_raw=on"})
    void areNamedInTheirOrder(String options) throws Exception {
        Path image = folder.resolve("image.qcow2");
        Qemu.img(folder, "create", "-q", "-f", "qcow2", "-o", options, "image.qcow2", "20M");
        assertThat(StoredBitmap.of(image)).isEmpty();
        Qemu.img(folder, "bitmap", "--add", "-f", "qcow2", "image.qcow2", "one");
        Qemu.img(folder, "bitmap", "--add", "-f", "qcow2", "image.qcow2", "über den Wölken");
        assertThat(StoredBitmap.of(image))
                .containsExactlyInAnyOrder(new StoredBitmap("one", false), new StoredBitmap("über den Wölken", false));
        Qemu.img(folder, "bitmap", "--remove", "-f", "qcow2", "image.qcow2", "one");
        assertThat(StoredBitmap.of(image)).extracting(StoredBitmap::name).containsExactly("über den Wölken");
    }

    @Test
    void aQemuThatDoesNotStoreThemLeavesThemInUse() throws Exception {
        Path image = folder.resolve("image.qcow2");
        Qemu.img(folder, "create", "-q", "-f", "qcow2", "image.qcow2", "20M");
        Qemu.img(folder, "bitmap", "--add", "-f", "qcow2", "image.qcow2", "one");
        Process qemu = new ProcessBuilder("qemu-io", "-f", "qcow2", image.toString()).start();
        qemu.getOutputStream().write("write 0 64k\n".getBytes());
        qemu.getOutputStream().flush();
        qemu.inputReader().readLine();
        qemu.destroyForcibly().waitFor();

        assertThat(StoredBitmap.of(image)).containsExactly(new StoredBitmap("one", true));
    }

    @Test
    void anImageOfVersion2HasNone() throws Exception {
        Qemu.img(folder, "create", "-q", "-f", "qcow2", "-o", "compat=0.10", "old.qcow2", "20M");
        assertThat(StoredBitmap.of(folder.resolve("old.qcow2"))).isEmpty();
    }

    @Test
    void whatIsNoImageOrMakesNoSenseIsNamed() throws Exception {
        Path text = Files.writeString(folder.resolve("text"), "hello");
        assertThatThrownBy(() -> StoredBitmap.of(text)).hasMessageStartingWith(text + ": is not a qcow2 image");
        Path image = folder.resolve("image.qcow2");
        Qemu.img(folder, "create", "-q", "-f", "qcow2", "image.qcow2", "20M");
        Qemu.img(folder, "bitmap", "--add", "-f", "qcow2", "image.qcow2", "one");
        byte[] bytes = Files.readAllBytes(image);
        ByteBuffer header = ByteBuffer.wrap(bytes);
        int at = 104;
        while (header.getInt(at) != 0x23852875) {
            at++;
        }
        write(image, at + 8 + 16, 1L << 60);
        assertThatThrownBy(() -> StoredBitmap.of(image))
                .hasMessageStartingWith(image + ": its directory of bitmaps does not lie in the file");
        write(image, at + 8 + 16, header.getLong(at + 8 + 16));
        write(image, at + 8, 7L << 32);
        assertThatThrownBy(() -> StoredBitmap.of(image))
                .hasMessageStartingWith(image + ": its directory of 7 bitmaps ends after 1");
    }

    private static void write(Path image, int at, long value) throws Exception {
        try (FileChannel file = FileChannel.open(image, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(8).putLong(0, value), at);
        }
    }
}
