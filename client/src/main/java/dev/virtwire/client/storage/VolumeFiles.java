// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.storage;

import dev.virtwire.client.internal.stream.FileDownload;
import dev.virtwire.client.internal.stream.FileUpload;
import dev.virtwire.protocol.stream.ReadableStream;
import dev.virtwire.protocol.stream.WritableStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * Files and volumes, on the caller's thread: what {@link StorageVolume#upload} and {@link StorageVolume#download} do on
 * one of their own. Another thread ends either by aborting the stream; both then clean up and fail with {@link
 * java.util.concurrent.CompletionException}.
 *
 * @since 0.1
 */
public final class VolumeFiles {
    private VolumeFiles() {}

    /**
     * Sends a file from its beginning on, and finishes the stream. Blocks.
     *
     * @param length how many bytes of it; 0 for all
     * @param sparse whether zeros are sent as holes, for which the stream has to be opened
     * @param progress hears how many bytes are on their way
     * @return how many bytes were sent, holes included
     * @throws IOException if the file cannot be read
     */
    public static long send(Path file, long length, boolean sparse, WritableStream stream, LongConsumer progress)
            throws IOException {
        return new FileUpload(file, length, sparse, progress).run(stream);
    }

    /**
     * Writes what a stream brings to a new file, and finishes the stream. The file has another name until it is
     * complete and on disk; on any failure nothing is left. Blocks.
     *
     * @param progress hears how many bytes are there
     * @return the file's length
     * @throws IOException if the file cannot be written, or exists
     */
    public static long receive(ReadableStream stream, Path file, LongConsumer progress) throws IOException {
        return new FileDownload(file, progress).run(stream);
    }
}
