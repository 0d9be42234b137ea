// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.Problems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A block device of this machine, as the kernel knows it.
 *
 * @param path the name that it was asked for by
 * @param number its number, as the kernel writes it: {@code 7:0}
 * @param sys its folder in sysfs
 * @param size in bytes
 */
public record BlockDevice(Path path, String number, Path sys, long size) {
    /** What the kernel counts devices in, whatever their own sectors are. */
    private static final int SECTOR = 512;

    private static final int KIND_OF_FILE = 0170000;
    private static final int BLOCK_DEVICE = 0060000;

    /**
     * The device of that name, by any of its names.
     *
     * @throws RepositoryException if there is no such name, or it is of no block device that can be written
     */
    public static BlockDevice of(Path path) {
        try {
            if (!Files.exists(path)) {
                throw new RepositoryException("there is no device " + path + " on this machine");
            }
            String number = numberOf(path);
            if (number == null) {
                throw new RepositoryException(path + " is "
                        + (Files.isDirectory(path) ? "a folder" : Files.isRegularFile(path) ? "a file" : "something")
                        + " and no block device: to restore to files, choose a folder");
            }
            Path sys = Path.of("/sys/dev/block", number).toRealPath();
            if (!read(sys.resolve("ro")).equals("0")) {
                throw new RepositoryException("device " + path + " can only be read");
            }
            return new BlockDevice(
                    path, number, sys, Math.multiplyExact(Long.parseLong(read(sys.resolve("size"))), SECTOR));
        } catch (IOException e) {
            throw Problems.with("find out about device", path, e);
        }
    }

    /**
     * The number of the block device that a path leads to, through links; null if it leads to something else.
     *
     * @throws IOException if that cannot be asked
     */
    public static @Nullable String numberOf(Path path) throws IOException {
        Map<String, Object> known = Files.readAttributes(path, "unix:mode,rdev");
        if (((int) requireNonNull(known.get("mode")) & KIND_OF_FILE) != BLOCK_DEVICE) {
            return null;
        }
        long rdev = (long) requireNonNull(known.get("rdev"));
        // As gnu_dev_major and gnu_dev_minor of the C library.
        long major = ((rdev >>> 8) & 0xfff) | ((rdev >>> 32) & ~0xfffL);
        long minor = (rdev & 0xff) | ((rdev >>> 12) & ~0xffL & 0xffffffffL);
        return major + ":" + minor;
    }

    static String read(Path file) throws IOException {
        return Files.readString(file).strip();
    }

    /** The kernel's name of it, such as {@code loop0}. */
    String name() {
        return String.valueOf(sys.getFileName());
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
