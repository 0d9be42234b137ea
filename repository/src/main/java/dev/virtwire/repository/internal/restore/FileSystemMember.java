// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Devices of file systems that have several: a mount of btrfs names one of them, and one of ZFS none. The kernel does
 * not count them as something that is made of the device.
 */
final class FileSystemMember {
    private static final Path BTRFS = Path.of("/sys/fs/btrfs");
    private static final Path BCACHEFS = Path.of("/sys/fs/bcachefs");
    private static final Path ZFS = Path.of("/proc/spl/kstat/zfs");

    /** ZFS has four labels: two at the front of a device, two at its end. */
    private static final int LABEL = 256 << 10;

    /** Where in a label its list of names and values is, and how long that is. */
    private static final int LIST = 16 << 10;

    private static final int LIST_LENGTH = 112 << 10;

    /** In that list: the text "name", and that one text follows. */
    private static final byte[] NAME = {0, 0, 0, 4, 'n', 'a', 'm', 'e', 0, 0, 0, 9, 0, 0, 0, 1};

    /** The text "state", which each label has, with its type: a whole number. */
    private static final byte[] STATE = {0, 0, 0, 5, 's', 't', 'a', 't', 'e', 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 1};

    private FileSystemMember() {}

    /**
     * What a device is a part of, in words; null if nothing is known.
     *
     * @param name the kernel's name of it
     */
    static @Nullable String of(String name) throws IOException {
        String btrfs = mounted(BTRFS, "devices", name);
        if (btrfs != null) {
            return "the mounted btrfs " + btrfs;
        }
        String bcachefs = mounted(BCACHEFS, ".", name);
        if (bcachefs != null) {
            return "the mounted bcachefs " + bcachefs;
        }
        Path node = Path.of("/dev", name.replace('!', '/'));
        return Files.isDirectory(ZFS) && Files.exists(node) ? zfs(node, ZFS) : null;
    }

    /** The file system that has the device, of those that the kernel has mounted and lists in a folder each. */
    static @Nullable String mounted(Path all, String below, String name) throws IOException {
        if (!Files.isDirectory(all)) {
            return null;
        }
        try (DirectoryStream<Path> systems = Files.newDirectoryStream(all, Files::isDirectory)) {
            for (Path system : systems) {
                Path devices = system.resolve(below);
                // btrfs lists them by name; bcachefs has a folder each, with a link to the device.
                if (Files.isDirectory(devices) && (Files.exists(devices.resolve(name)) || isLinked(devices, name))) {
                    return String.valueOf(system.getFileName());
                }
            }
        }
        return null;
    }

    private static boolean isLinked(Path devices, String name) throws IOException {
        try (DirectoryStream<Path> members = Files.newDirectoryStream(devices, "dev-*")) {
            for (Path member : members) {
                Path link = member.resolve("block");
                if (Files.exists(link) && link.toRealPath().endsWith(name)) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * The pool that a device is of, in words, if it is imported. Of one that is not, it may be overwritten, as of any
     * file system that nobody uses.
     *
     * @param device the device, or an image of one
     * @param imported a folder that has one for each imported pool
     */
    static @Nullable String zfs(Path device, Path imported) throws IOException {
        Set<String> pools = new LinkedHashSet<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(imported, Files::isDirectory)) {
            all.forEach(pool -> pools.add(String.valueOf(pool.getFileName())));
        }
        if (pools.isEmpty()) {
            return null;
        }
        try (FileChannel channel = FileChannel.open(device)) {
            long end = channel.size() / LABEL * LABEL;
            for (long at : new long[] {0, LABEL, end - 2L * LABEL, end - LABEL}) {
                ByteBuffer list = at < 0 ? ByteBuffer.allocate(0) : read(channel, at + LIST);
                String pool = after(NAME, list);
                if (pools.contains(String.valueOf(pool))) {
                    return "the imported ZFS pool " + pool;
                }
                if (pool == null && after(STATE, list) != null) {
                    return "a ZFS pool, as a spare or a cache, and here pool "
                            + pools.iterator().next() + " is imported";
                }
            }
        }
        return null;
    }

    private static ByteBuffer read(FileChannel channel, long from) throws IOException {
        ByteBuffer list = ByteBuffer.allocate(LIST_LENGTH);
        int read;
        do {
            read = channel.read(list, from + list.position());
        } while (read >= 0 && list.hasRemaining());
        return list.flip();
    }

    /** The text that follows these bytes in a list, whose texts have their lengths before them; null without them. */
    private static @Nullable String after(byte[] bytes, ByteBuffer list) {
        for (int at = 0; at + bytes.length + 4 <= list.limit(); at += 4) {
            if (list.slice(at, bytes.length).equals(ByteBuffer.wrap(bytes))) {
                int length = list.getInt(at + bytes.length);
                int from = at + bytes.length + 4;
                return length < 0 || length > list.limit() - from
                        ? ""
                        : StandardCharsets.UTF_8
                                .decode(list.slice(from, length))
                                .toString();
            }
        }
        return null;
    }
}
