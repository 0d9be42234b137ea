// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import dev.virtwire.image.internal.SliceMemory;
import dev.virtwire.image.internal.codec.Desks;

/**
 * Memory that the images of one chain share, so that it does not grow with their number: 16 MiB for tables, and one
 * place for each thread that decompresses. Each image takes another 8 KiB. Safe for several threads.
 *
 * @since 0.1
 */
public final class ImageMemory {
    private final SliceMemory slices;
    private final Desks desks = new Desks();

    private ImageMemory(SliceMemory slices) {
        this.slices = slices;
    }

    /** Memory for the images of a chain. */
    public static ImageMemory ofChain() {
        return new ImageMemory(SliceMemory.ofChain());
    }

    static ImageMemory ofOneImage() {
        return new ImageMemory(SliceMemory.ofOneImage());
    }

    SliceMemory slices() {
        return slices;
    }

    Desks desks() {
        return desks;
    }
}
