// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.disk;

import dev.virtwire.image.ImageWriter;
import dev.virtwire.image.Qcow2Options;
import dev.virtwire.image.Qcow2Writer;
import dev.virtwire.image.RawWriter;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.internal.format.DurableFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** A disk that is written. What is never written reads as zeros. */
public interface TargetDisk extends Closeable {
    /** A power of two: it is cheapest to write multiples of so many bytes. */
    int grain();

    /** Writes data; called by several threads if the one who made this has several. */
    void write(long offset, ByteBuffer data) throws IOException;

    /** Completes the disk: all of it is durable when this returns. */
    void finish() throws IOException;

    /**
     * A new image file as such a disk, for its owner alone.
     *
     * @param size of the disk, in bytes
     */
    static TargetDisk create(Path image, ImageFormat format, long size) throws IOException {
        return of(
                format == ImageFormat.QCOW2
                        ? Qcow2Writer.create(image, Qcow2Options.ofSize(size), DurableFiles.privateFile(image))
                        : RawWriter.create(image, size, DurableFiles.privateFile(image)));
    }

    /** An image as such a disk. */
    static TargetDisk of(ImageWriter image) {
        return new TargetDisk() {
            @Override
            public int grain() {
                return image.clusterSize();
            }

            @Override
            public void write(long offset, ByteBuffer data) throws IOException {
                image.write(offset, data);
            }

            @Override
            public void finish() throws IOException {
                image.finish();
            }

            @Override
            public void close() throws IOException {
                image.close();
            }
        };
    }
}
