// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of file systems that this machine need not have; DeviceRestoreIT has a real btrfs. */
class FileSystemMemberTest {
    private static final int LABEL = 256 << 10;
    private static final long SIZE = 64L << 20;

    @TempDir
    Path folder;

    /** The front of a label's list, as ZFS writes it. */
    private static byte[] label(@Nullable String pool) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream list = new DataOutputStream(bytes);
        list.writeInt(0x01010000);
        list.writeInt(0);
        list.writeInt(1);
        number(list, "version", 5000);
        if (pool != null) {
            list.writeLong(0);
            text(list, "name");
            list.writeInt(9);
            list.writeInt(1);
            text(list, pool);
        }
        number(list, "state", 0);
        return bytes.toByteArray();
    }

    private static void number(DataOutputStream list, String name, long value) throws IOException {
        list.writeLong(0);
        text(list, name);
        list.writeInt(8);
        list.writeInt(1);
        list.writeLong(value);
    }

    private static void text(DataOutputStream list, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        list.writeInt(bytes.length);
        list.write(bytes);
        list.write(new byte[(4 - bytes.length % 4) % 4]);
    }

    private Path device(long at, byte[] label) throws IOException {
        Path device = folder.resolve("device");
        Files.deleteIfExists(device);
        try (RandomAccessFile file = new RandomAccessFile(device.toFile(), "rw")) {
            file.setLength(SIZE + 512);
            file.seek(at + (16 << 10));
            file.write(label);
        }
        return device;
    }

    @Test
    void aDeviceOfAnImportedPoolIsKnownByEachOfItsLabels() throws IOException {
        Path imported = Files.createDirectory(folder.resolve("zfs"));
        Files.createFile(imported.resolve("arcstats"));
        for (long at : new long[] {0, LABEL, SIZE - 2 * LABEL, SIZE - LABEL}) {
            Path device = device(at, label("tank 1"));
            assertThat(FileSystemMember.zfs(device, imported))
                    .as("not imported")
                    .isNull();
            Path pool = Files.createDirectory(imported.resolve("tank 1"));
            assertThat(FileSystemMember.zfs(device, imported)).isEqualTo("the imported ZFS pool tank 1");
            Files.delete(pool);
        }
        Files.createDirectory(imported.resolve("other"));
        assertThat(FileSystemMember.zfs(device(0, label("tank")), imported))
                .as("of another pool")
                .isNull();
        assertThat(FileSystemMember.zfs(device(0, label(null)), imported))
                .isEqualTo("a ZFS pool, as a spare or a cache, and here pool other is imported");
        assertThat(FileSystemMember.zfs(device(0, new byte[0]), imported)).isNull();
        assertThat(FileSystemMember.zfs(Files.write(folder.resolve("small"), new byte[1000]), imported))
                .isNull();
    }

    @Test
    void aDeviceOfAMountedFileSystemIsKnownByWhatTheKernelLists() throws IOException {
        Path btrfs = Files.createDirectories(folder.resolve("btrfs"));
        Files.createDirectories(btrfs.resolve("features"));
        Files.createDirectories(btrfs.resolve("uuid-1/devices/sdb"));
        assertThat(FileSystemMember.mounted(btrfs, "devices", "sdb")).isEqualTo("uuid-1");
        assertThat(FileSystemMember.mounted(btrfs, "devices", "sdc")).isNull();

        Path bcachefs = Files.createDirectories(folder.resolve("bcachefs"));
        Path member = Files.createDirectories(bcachefs.resolve("uuid-2/dev-0"));
        Files.createSymbolicLink(member.resolve("block"), Files.createDirectories(folder.resolve("block/sdd")));
        assertThat(FileSystemMember.mounted(bcachefs, ".", "sdd")).isEqualTo("uuid-2");
        assertThat(FileSystemMember.mounted(bcachefs, ".", "sde")).isNull();
        assertThat(FileSystemMember.mounted(folder.resolve("none"), ".", "sdd")).isNull();
    }
}
