// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import dev.virtwire.protocol.stream.ReadableStream;
import dev.virtwire.protocol.stream.StreamPiece;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/** Writes what a stream brings to a file, which has its name only when all of it is there and on disk. */
public final class FileDownload implements StreamWork.Task<ReadableStream, Long> {
    private final Path file;
    private final LongConsumer progress;

    /** A download to {@code file}, which must not exist; {@code progress} hears how many bytes are there. */
    public FileDownload(Path file, LongConsumer progress) {
        this.file = file;
        this.progress = progress;
    }

    @Override
    public Long run(ReadableStream stream) throws IOException {
        Path absolute = file.toAbsolutePath();
        if (Files.exists(absolute)) {
            throw new FileAlreadyExistsException(file.toString());
        }
        Path partial = Files.createTempFile(absolute.getParent(), absolute.getFileName() + ".", ".part");
        try {
            long length = write(stream, partial);
            stream.finish().join();
            // Without REPLACE_EXISTING: what has come to be there meanwhile is somebody else's.
            Files.move(partial, absolute);
            return length;
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private long write(ReadableStream stream, Path partial) throws IOException {
        try (RandomAccessFile out = new RandomAccessFile(partial.toFile(), "rw");
                FileChannel channel = out.getChannel()) {
            long position = 0;
            StreamPiece piece = stream.read().join();
            while (!(piece instanceof StreamPiece.End)) {
                if (piece instanceof StreamPiece.Hole hole) {
                    position += hole.length();
                } else if (piece instanceof StreamPiece.Data data) {
                    ByteBuffer bytes = data.bytes();
                    while (bytes.hasRemaining()) {
                        position += channel.write(bytes, position);
                    }
                }
                progress.accept(position);
                piece = stream.read().join();
            }
            // A hole at the end was skipped, and still belongs to the file.
            out.setLength(position);
            channel.force(true);
            return position;
        }
    }
}
