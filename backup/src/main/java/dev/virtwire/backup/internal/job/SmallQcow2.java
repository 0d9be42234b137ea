// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.image.ImageException;
import dev.virtwire.image.Qcow2Reader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A qcow2 image that is small enough to be read into memory, such as UEFI variables, while QEMU may write it. QEMU
 * writes data at once, and may keep tables of clusters in memory for as long as it runs. So what was read is all there
 * is only if no cluster can need another place: then QEMU writes each in its old one, and changes no table.
 */
public final class SmallQcow2 {
    private static final Logger LOG = LoggerFactory.getLogger(SmallQcow2.class);

    private static final int MAGIC = 0x514649fb;
    /** How many bytes the header has at least. */
    public static final int HEADER = 72;

    private SmallQcow2() {}

    /** Whether it is one. */
    static boolean isOne(byte[] image) {
        return image.length >= HEADER && ByteBuffer.wrap(image).getInt() == MAGIC;
    }

    /** Its version, by its first bytes; 0 if they are of something else. */
    public static int version(byte[] begin) {
        return isOne(begin) ? ByteBuffer.wrap(begin).getInt(4) : 0;
    }

    /** Whether it needs another file, also if it is of a kind that we do not read. */
    static boolean hasBacking(byte[] image) {
        return ByteBuffer.wrap(image).getLong(8) != 0;
    }

    /**
     * Whether all of its guest's clusters have their places, which nothing changes. What cannot be read as an image has
     * not: it may have been cut, or be of a kind that only QEMU knows.
     *
     * @throws IOException if there is no room for a copy of it, which only this user can read
     */
    static boolean isSettled(byte[] image) throws IOException {
        Path copy = Files.createTempFile("virtwire-", ".qcow2");
        try {
            Files.write(copy, image);
            return isSettled(copy);
        } finally {
            Files.delete(copy);
        }
    }

    private static boolean isSettled(Path image) {
        try (Qcow2Reader reader = Qcow2Reader.open(image)) {
            return reader.isSettled();
        } catch (ImageException e) {
            LOG.debug("an image that is not read as one", e);
            return false;
        }
    }
}
