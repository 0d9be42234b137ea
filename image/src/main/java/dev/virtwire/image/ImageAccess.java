// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Decides which backing files may be opened. An image names its backing file itself, so whoever made the image could
 * otherwise have any file of this machine read as the content of a disk.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface ImageAccess {
    /**
     * The file to open for a backing file.
     *
     * @param image the image that names it
     * @param backing what the image says
     * @throws ImageException if it must not be opened
     */
    Path resolve(Path image, BackingFile backing) throws ImageException;

    /** Any file, relative names seen from the image's folder, as QEMU does. For images one trusts. */
    static ImageAccess anywhere() {
        return ImageAccess::beside;
    }

    /** Only files within a folder, symbolic links followed on both sides. */
    static ImageAccess within(Path folder) {
        return (image, backing) -> {
            Path path = beside(image, backing);
            Path real;
            boolean inside;
            try {
                real = path.toRealPath();
                inside = real.startsWith(folder.toRealPath());
            } catch (IOException e) {
                throw new ImageException(
                        image,
                        "its backing file " + backing.name() + " cannot be opened: "
                                + e.getClass().getSimpleName() + " " + e.getMessage(),
                        ImageException.NO_OFFSET,
                        e);
            }
            if (!inside) {
                throw new ImageException(image, "its backing file " + backing.name() + " is outside " + folder);
            }
            return real;
        };
    }

    private static Path beside(Path image, BackingFile backing) throws ImageException {
        if (backing.namesAProtocol()) {
            throw new ImageException(image, "its backing file " + backing.name() + " is not a plain file");
        }
        try {
            return image.toAbsolutePath().resolveSibling(backing.name());
        } catch (InvalidPathException e) {
            throw new ImageException(
                    image, "its backing file's name is no path: " + e.getMessage(), ImageException.NO_OFFSET, e);
        }
    }
}
