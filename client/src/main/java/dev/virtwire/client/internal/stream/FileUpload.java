// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import dev.virtwire.protocol.stream.WritableStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

/** Sends a file in a stream. While one block is on its way the next is read. */
public final class FileUpload implements StreamWork.Task<WritableStream, Long> {
    private static final int BLOCK = 1 << 20;

    /** Less than that is not worth a hole: it costs a packet, and a file system allocates in larger pieces. */
    private static final int LEAST_HOLE = 64 << 10;

    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(LEAST_HOLE).asReadOnlyBuffer();

    private final Path file;
    private final long length;
    private final boolean sparse;
    private final LongConsumer progress;
    private long hole;

    /**
     * An upload of {@code file}.
     *
     * @param length how many bytes of it; 0 for all
     * @param sparse whether zeros are sent as holes
     * @param progress hears how many bytes are on their way
     */
    public FileUpload(Path file, long length, boolean sparse, LongConsumer progress) {
        this.file = file;
        this.length = length;
        this.sparse = sparse;
        this.progress = progress;
    }

    @Override
    public Long run(WritableStream stream) throws IOException {
        ByteBuffer[] buffers = {ByteBuffer.allocateDirect(BLOCK), ByteBuffer.allocateDirect(BLOCK)};
        CompletableFuture<?> before = CompletableFuture.completedFuture(null);
        try (FileChannel in = FileChannel.open(file)) {
            long all = length == 0 ? in.size() : length;
            long position = 0;
            for (int turn = 0; position < all; turn ^= 1) {
                ByteBuffer block = fill(buffers[turn], in, position, all);
                position += block.remaining();
                CompletableFuture<?> now = send(block, stream);
                before.join();
                before = now;
                progress.accept(position);
            }
            before.join();
            if (hole > 0) {
                stream.writeHole(hole).join();
            }
            stream.finish().join();
            return all;
        }
    }

    private ByteBuffer fill(ByteBuffer buffer, FileChannel in, long position, long all) throws IOException {
        buffer.clear().limit((int) Math.min(BLOCK, all - position));
        while (buffer.hasRemaining()) {
            if (in.read(buffer, position + buffer.position()) < 0) {
                throw new EOFException(
                        "%s: ends after %d of %d bytes".formatted(file, position + buffer.position(), all));
            }
        }
        return buffer.flip();
    }

    /** Sends a block; the future completes when its buffer is free again. */
    private CompletableFuture<?> send(ByteBuffer block, WritableStream stream) {
        if (!sparse) {
            return stream.write(block);
        }
        CompletableFuture<?> last = CompletableFuture.completedFuture(null);
        int end;
        for (int at = 0; at < block.limit(); at = end) {
            end = unitEnd(block, at);
            boolean zero = isZero(block, at, end);
            while (end < block.limit() && isZero(block, end, unitEnd(block, end)) == zero) {
                end = unitEnd(block, end);
            }
            if (zero) {
                hole += end - at;
            } else {
                if (hole > 0) {
                    last = stream.writeHole(hole);
                    hole = 0;
                }
                last = stream.write(block.slice(at, end - at));
            }
        }
        return last;
    }

    private static int unitEnd(ByteBuffer block, int at) {
        return Math.min(block.limit(), at + LEAST_HOLE);
    }

    private static boolean isZero(ByteBuffer block, int begin, int end) {
        return block.slice(begin, end - begin).mismatch(ZEROS.slice(0, end - begin)) < 0;
    }
}
