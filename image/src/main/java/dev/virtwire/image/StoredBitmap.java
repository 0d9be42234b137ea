// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import dev.virtwire.image.internal.ImageFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A dirty bitmap that a qcow2 image keeps, as the image's file says.
 *
 * @param name its name
 * @param inUse whether a QEMU works with it right now, or ended without storing it, so that it is of no use
 * @since 0.1
 */
public record StoredBitmap(String name, boolean inUse) {
    private static final int MAGIC = 0x514649fb;
    private static final int HEADER_LENGTH_V3 = 104;
    private static final int MOST_HEADER = 64 << 10;
    private static final int EXTENSION_BITMAPS = 0x23852875;
    /** Only with it set is what the header says of bitmaps true. */
    private static final long AUTOCLEAR_BITMAPS = 1;

    private static final int ENTRY = 24;
    /** QEMU's own limit is 1 KiB for each of 65,535 bitmaps. */
    private static final long MOST_DIRECTORY = 65_535L << 10;

    private static final int IN_USE = 1;

    /**
     * The bitmaps that an image's directory lists. A QEMU that has the image open may have others, which it writes only
     * when it ends, and may change the directory while it is read.
     *
     * @throws ImageException if the file is no qcow2 image, cannot be read, or has a directory that makes no sense
     */
    public static List<StoredBitmap> of(Path image) throws ImageException {
        try (ImageFile file = ImageFile.open(image)) {
            ByteBuffer header = ByteBuffer.allocate((int) Math.min(file.size(), MOST_HEADER));
            file.read(header, 0, "the header");
            header.flip();
            if (header.limit() < Integer.BYTES || header.getInt(0) != MAGIC) {
                throw new ImageException(image, "is not a qcow2 image", 0);
            }
            // Version 2 has no bitmaps.
            if (header.limit() < HEADER_LENGTH_V3
                    || header.getInt(4) < 3
                    || (header.getLong(88) & AUTOCLEAR_BITMAPS) == 0) {
                return List.of();
            }
            ByteBuffer extension = extension(image, header);
            return extension == null ? List.of() : directory(file, extension);
        }
    }

    private static @Nullable ByteBuffer extension(Path image, ByteBuffer header) throws ImageException {
        long at = Integer.toUnsignedLong(header.getInt(100));
        while (at + 2 * Integer.BYTES <= header.limit()) {
            int type = header.getInt((int) at);
            long length = Integer.toUnsignedLong(header.getInt((int) at + Integer.BYTES));
            long data = at + 2 * Integer.BYTES;
            if (type == 0) {
                return null;
            }
            if (data + length > header.limit()) {
                throw new ImageException(
                        image, "a header extension of " + length + " bytes ends behind the header", at);
            }
            if (type == EXTENSION_BITMAPS && length >= ENTRY) {
                return header.slice((int) data, ENTRY);
            }
            at = data + (length + 7) / 8 * 8;
        }
        return null;
    }

    private static List<StoredBitmap> directory(ImageFile file, ByteBuffer extension) throws ImageException {
        long count = Integer.toUnsignedLong(extension.getInt(0));
        long size = extension.getLong(8);
        long offset = extension.getLong(16);
        if (size < 0 || size > MOST_DIRECTORY || offset < 0 || offset > file.size() - size) {
            throw new ImageException(file.path(), "its directory of bitmaps does not lie in the file", offset);
        }
        ByteBuffer entries = ByteBuffer.allocate((int) size);
        file.read(entries, offset, "the directory of bitmaps");
        entries.flip();
        List<StoredBitmap> found = new ArrayList<>();
        int at = 0;
        for (long i = 0; i < count; i++) {
            if (at + ENTRY > entries.limit()) {
                throw new ImageException(
                        file.path(), "its directory of " + count + " bitmaps ends after " + i, offset + at);
            }
            int flags = entries.getInt(at + 12);
            int name = entries.getShort(at + 18) & 0xffff;
            long extra = Integer.toUnsignedLong(entries.getInt(at + 20));
            long end = at + ENTRY + extra + name;
            if (end > entries.limit()) {
                throw new ImageException(file.path(), "a bitmap's name ends behind their directory", offset + at);
            }
            byte[] bytes = new byte[name];
            entries.get((int) (end - name), bytes);
            found.add(new StoredBitmap(new String(bytes, StandardCharsets.UTF_8), (flags & IN_USE) != 0));
            at = (int) Math.min(entries.limit(), (end + 7) / 8 * 8);
        }
        return found;
    }
}
