// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

import dev.virtwire.image.BackingFile;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.ImageExtent;
import dev.virtwire.image.ImageReader;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/** Stands in a chain for an image that cannot be opened: whoever needs anything of it gets the reason. */
record UnreadableImage(Path file, long virtualSize, String reason) implements ImageReader {
    @Override
    public Optional<BackingFile> backing() {
        return Optional.empty();
    }

    @Override
    public void read(long guestOffset, ByteBuffer destination) throws ImageException {
        throw new ImageException(file, reason);
    }

    @Override
    public void forEachExtent(long guestOffset, long length, ExtentVisitor visitor) throws ImageException {
        throw new ImageException(file, reason);
    }

    @Override
    public ImageExtent extentAt(long guestOffset, long length) throws ImageException {
        throw new ImageException(file, reason);
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
