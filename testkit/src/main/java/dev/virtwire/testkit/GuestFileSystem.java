// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What is found in an image of a {@link LinuxGuest}'s vda, with e2fsck and debugfs and without mounting it.
 *
 * @param sound whether e2fsck finds nothing to mend
 * @param journalEmpty whether the journal holds nothing to be replayed: so after an orderly end, and while frozen.
 *     Otherwise {@code records} may lack the last ones, until it is replayed
 * @param records how many records there are, without a gap
 * @param report what e2fsck said
 * @since 0.1
 */
public record GuestFileSystem(boolean sound, boolean journalEmpty, long records, String report) {
    /** Bit of the superblock's incompatible features: the journal is to be replayed. */
    private static final int NEEDS_RECOVERY = 0x4;

    private static final int INCOMPATIBLE_FEATURES = 1024 + 0x60;

    /**
     * Looks at a raw image, without changing it.
     *
     * @throws TestkitException if the records have a gap, or one of them is not whole
     */
    public static GuestFileSystem inspect(Path image) {
        String report;
        boolean sound = true;
        try {
            report = Command.run(List.of("/sbin/e2fsck", "-f", "-n", image.toString()));
        } catch (TestkitException e) {
            report = String.valueOf(e.getMessage());
            sound = false;
        }
        return new GuestFileSystem(sound, !needsRecovery(image), records(image), report);
    }

    /** Replays the journal of a raw image, as the guest's next start would. */
    public static void replay(Path image) {
        Command.run(List.of("/sbin/e2fsck", "-p", "-E", "journal_only", image.toString()));
    }

    private static boolean needsRecovery(Path image) {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "r")) {
            file.seek(INCOMPATIBLE_FEATURES);
            return (Integer.reverseBytes(file.readInt()) & NEEDS_RECOVERY) != 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long records(Path image) {
        List<String> lines = Command.run(List.of("/sbin/debugfs", "-R", "cat /counter", image.toString()))
                .lines()
                .toList();
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).equals("record %08d".formatted(i + 1))) {
                throw new TestkitException(image + ": line " + (i + 1) + " of the guest's records is: " + lines.get(i));
            }
        }
        return lines.size();
    }

    /** Makes a qcow2 image with an empty file system. */
    static Path create(Path folder, String name, long size) {
        Path raw = folder.resolve(name + ".content");
        Path image = folder.resolve(name + ".qcow2");
        try {
            try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
                file.setLength(size);
            }
            Command.run(List.of("/sbin/mke2fs", "-q", "-F", "-t", "ext4", raw.toString()));
            Command.run(
                    List.of("qemu-img", "convert", "-q", "-f", "raw", "-O", "qcow2", raw.toString(), image.toString()));
            Files.delete(raw);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return image;
    }
}
