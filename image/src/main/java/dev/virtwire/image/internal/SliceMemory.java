// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the pieces of tables that were used last, of one image or of all images of a chain. Safe for several threads.
 */
public final class SliceMemory {
    private static final int LARGE_SLICE = 64 << 10;
    private static final int OF_ONE_IMAGE = 1 << 20;
    /** It describes 32 MiB of a disk. A reader of a chain needs two of each image, so these must not be large. */
    private static final int SMALL_SLICE = 4 << 10;

    private static final int OF_A_CHAIN = 16 << 20;

    private final int sliceSize;
    private final Map<Key, ByteBuffer> slices;

    private SliceMemory(int sliceSize, int bytes) {
        this.sliceSize = sliceSize;
        this.slices = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Key, ByteBuffer> eldest) {
                return size() > bytes / sliceSize;
            }
        };
    }

    private record Key(SliceCache owner, long offset) {}

    /** At most 1 MiB. */
    public static SliceMemory ofOneImage() {
        return new SliceMemory(LARGE_SLICE, OF_ONE_IMAGE);
    }

    /** At most 16 MiB, however many images there are; each keeps 8 KiB besides. */
    public static SliceMemory ofChain() {
        return new SliceMemory(SMALL_SLICE, OF_A_CHAIN);
    }

    int sliceSize() {
        return sliceSize;
    }

    synchronized @Nullable ByteBuffer find(SliceCache owner, long offset) {
        return slices.get(new Key(owner, offset));
    }

    synchronized void keep(SliceCache owner, long offset, ByteBuffer slice) {
        slices.put(new Key(owner, offset), slice);
    }
}
