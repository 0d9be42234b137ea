// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import dev.virtwire.image.internal.ImageFile;
import dev.virtwire.image.internal.Ranges;
import dev.virtwire.image.internal.WriterState;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.BitSet;

/**
 * Writes a sparse raw image: what is not written is a hole and reads as zeros. Sizes and offsets need no alignment
 * ({@link #clusterSize()} is 1), and a range may be written again, but not by two threads at once.
 *
 * <p>A raw image has no header that could make it invalid. Closed without {@link #finish()} it is cut to 0 bytes; after
 * a crash its size tells nothing, so write under a name of its own and rename.
 *
 * @since 0.1
 */
public final class RawWriter implements ImageWriter {
    /** Zeros need to be written only where data was: one bit for each such piece remembers where. */
    private static final int PIECE = 1 << 20;

    private static final int ZERO_BUFFER = 64 << 10;

    private final ImageFile file;
    private final long virtualSize;
    private final WriterState state;
    private final BitSet touched = new BitSet();

    private RawWriter(ImageFile file, long virtualSize) {
        this.file = file;
        this.virtualSize = virtualSize;
        this.state = new WriterState(file.path());
    }

    /**
     * Begins an image.
     *
     * @param path a file that does not exist yet
     * @param virtualSize in bytes
     * @param attributes of the new file, its permissions for instance, set when it is made
     * @throws ImageException if the file exists or cannot be made
     */
    public static RawWriter create(Path path, long virtualSize, FileAttribute<?>... attributes) throws ImageException {
        if (virtualSize < 0 || virtualSize / PIECE >= Integer.MAX_VALUE) {
            throw new IllegalArgumentException("image size " + virtualSize + " is not 0 to 2 PiB");
        }
        return new RawWriter(ImageFile.create(path, attributes), virtualSize);
    }

    @Override
    public long virtualSize() {
        return virtualSize;
    }

    @Override
    public int clusterSize() {
        return 1;
    }

    @Override
    public long write(long guestOffset, ByteBuffer data) throws ImageException {
        int length = data.remaining();
        Ranges.checkData(guestOffset, length, virtualSize, 1);
        state.begin();
        try {
            synchronized (touched) {
                touched.set((int) (guestOffset / PIECE), (int) ((guestOffset + length - 1) / PIECE) + 1);
            }
            file.write(data, guestOffset);
            state.ended();
            return guestOffset;
        } catch (ImageException | RuntimeException | Error e) {
            state.failed(e);
            throw e;
        }
    }

    @Override
    public void writeZeroes(long guestOffset, long length) throws ImageException {
        Ranges.checkInside(guestOffset, length, virtualSize);
        state.begin();
        try {
            long end = guestOffset + length;
            for (long piece = nextTouched(guestOffset / PIECE); piece * PIECE < end; piece = nextTouched(piece + 1)) {
                zero(Math.max(guestOffset, piece * PIECE), Math.min(end, (piece + 1) * PIECE));
            }
            state.ended();
        } catch (ImageException | RuntimeException | Error e) {
            state.failed(e);
            throw e;
        }
    }

    @Override
    public void finish() throws ImageException {
        state.beginFinish();
        try {
            file.resize(virtualSize);
            file.sync();
            state.finished();
        } catch (ImageException | RuntimeException | Error e) {
            state.failed(e);
            throw e;
        }
    }

    @Override
    public void close() throws ImageException {
        try (file) {
            if (state.close()) {
                return;
            }
            file.resize(0);
        }
    }

    private long nextTouched(long from) {
        synchronized (touched) {
            int next = touched.nextSetBit((int) from);
            return next < 0 ? Integer.MAX_VALUE + 1L : next;
        }
    }

    private void zero(long begin, long end) throws ImageException {
        ByteBuffer zeros = ByteBuffer.allocate(ZERO_BUFFER);
        for (long offset = begin; offset < end; ) {
            zeros.clear();
            zeros.limit((int) Math.min(ZERO_BUFFER, end - offset));
            offset += zeros.remaining();
            file.write(zeros, offset - zeros.remaining());
        }
    }
}
