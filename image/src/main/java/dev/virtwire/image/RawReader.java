// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import dev.virtwire.image.internal.ImageFile;
import dev.virtwire.image.internal.Ranges;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads a raw image: the file is the disk. Holes cannot be told from data without native code, so all of it is data.
 *
 * @since 0.1
 */
public final class RawReader implements ImageReader {
    private final ImageFile file;
    private final long size;

    private RawReader(ImageFile file, long size) {
        this.file = file;
        this.size = size;
    }

    /**
     * Opens an image.
     *
     * @throws ImageException if the file cannot be read
     */
    public static RawReader open(Path path) throws ImageException {
        ImageFile file = ImageFile.open(path);
        try {
            return new RawReader(file, file.size());
        } catch (ImageException e) {
            file.close();
            throw e;
        }
    }

    @Override
    public Path file() {
        return file.path();
    }

    @Override
    public long virtualSize() {
        return size;
    }

    @Override
    public Optional<BackingFile> backing() {
        return Optional.empty();
    }

    @Override
    public void read(long guestOffset, ByteBuffer destination) throws ImageException {
        Ranges.checkInside(guestOffset, destination.remaining(), size);
        file.read(destination, guestOffset, "the disk");
    }

    @Override
    public ImageExtent extentAt(long guestOffset, long length) {
        Ranges.checkInside(guestOffset, length, size);
        return new ImageExtent(guestOffset, length, ImageExtent.Kind.DATA, guestOffset, 0);
    }

    @Override
    public void forEachExtent(long guestOffset, long length, ExtentVisitor visitor) throws IOException {
        Ranges.checkInside(guestOffset, length, size);
        if (length > 0) {
            visitor.visit(new ImageExtent(guestOffset, length, ImageExtent.Kind.DATA, guestOffset, 0));
        }
    }

    @Override
    public void close() throws ImageException {
        file.close();
    }
}
