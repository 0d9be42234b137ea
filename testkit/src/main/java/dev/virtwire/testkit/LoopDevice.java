// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A block device of this machine whose bytes lie in a file: a loop device. It needs root, a kernel with loop devices
 * and Debian's package mount.
 *
 * @since 0.1
 */
public final class LoopDevice implements AutoCloseable {
    private final Path file;
    private final Path path;

    private LoopDevice(Path file, Path path) {
        this.file = file;
        this.path = path;
    }

    /**
     * Makes one of a new file.
     *
     * @param file its name
     * @param size in bytes: a multiple of 512
     * @throws TestkitException if there can be none here; the message says what is missing
     */
    public static LoopDevice of(Path file, long size) {
        try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
            made.setLength(size);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return of(file);
    }

    /**
     * Makes one of a file or device that is there.
     *
     * @throws TestkitException if there can be none here; the message says what is missing
     */
    public static LoopDevice of(Path file) {
        try {
            String path = Command.run(List.of("losetup", "--find", "--show", file.toString()));
            return new LoopDevice(file, Path.of(path.strip()));
        } catch (TestkitException e) {
            throw new TestkitException(
                    "no loop device of " + file + ": run as root, on a kernel with loop devices (modprobe loop): "
                            + e.getMessage(),
                    e);
        }
    }

    /** The file that has its bytes. What is written to the device is in it after a sync. */
    public Path file() {
        return file;
    }

    /** The device: {@code /dev/loop0}. */
    public Path path() {
        return path;
    }

    /** Takes the device away; the file stays. */
    @Override
    public void close() {
        Command.run(List.of("losetup", "--detach", path.toString()));
    }
}
