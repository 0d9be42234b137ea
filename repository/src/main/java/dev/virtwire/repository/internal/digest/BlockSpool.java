// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import dev.virtwire.repository.internal.format.DurableFiles;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/**
 * The digests of an image file's blocks while it is written, in any order, in a file that disappears afterwards: in
 * memory they would take 32 MiB a TiB. Blocks whose digest nobody gave, such as metadata, are read and hashed at the end.
 */
public final class BlockSpool implements Closeable {
    private static final int BATCH = 1024;

    private final FileChannel channel;

    private BlockSpool(FileChannel channel) {
        this.channel = channel;
    }

    /** A new spool in a new file, which is gone when it is closed. */
    public static BlockSpool create(Path file) throws IOException {
        return new BlockSpool(FileChannel.open(
                file,
                Set.of(
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.DELETE_ON_CLOSE),
                DurableFiles.privateFile(file)));
    }

    /** The digest of the image file's block {@code index}, whose bytes will not change any more. For any thread. */
    public void put(long index, byte[] digest) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(digest);
        long at = index * BlockTree.DIGEST;
        while (buffer.hasRemaining()) {
            at += channel.write(buffer, at);
        }
    }

    /**
     * Gives the leaves of the finished {@code image} to {@code writer}. The blocks that it does not know, metadata and
     * compressed data, are read and hashed by {@code workers}.
     */
    public void drain(Path image, DigestFileWriter writer, Executor workers) throws IOException {
        try (FileChannel file = FileChannel.open(image, StandardOpenOption.READ)) {
            long size = file.size();
            writer.endContent(size);
            long blocks = BlockTree.blocks(size);
            ByteBuffer batch = ByteBuffer.allocate(BATCH * BlockTree.DIGEST);
            ThreadLocal<BlockHasher> hashers = ThreadLocal.withInitial(BlockHasher::new);
            for (long first = 0; first < blocks; first += BATCH) {
                load(batch, first);
                List<CompletableFuture<byte[]>> leaves = new ArrayList<>();
                try {
                    for (long i = first; i < Math.min(first + BATCH, blocks); i++) {
                        byte[] known = new byte[BlockTree.DIGEST];
                        batch.get((int) (i - first) * BlockTree.DIGEST, known);
                        long index = i;
                        leaves.add(
                                isUnknown(known)
                                        ? CompletableFuture.supplyAsync(() -> read(hashers, file, index, size), workers)
                                        : CompletableFuture.completedFuture(known));
                    }
                } finally {
                    // Also after a failure: nobody reads the file any more when this returns.
                    await(leaves);
                }
                for (CompletableFuture<byte[]> leaf : leaves) {
                    writer.leaf(result(leaf));
                }
            }
        }
    }

    private static byte[] read(ThreadLocal<BlockHasher> hashers, FileChannel file, long index, long size) {
        try {
            return hashers.get().read(file, index, size);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void await(List<CompletableFuture<byte[]>> leaves) {
        CompletableFuture.allOf(leaves.toArray(CompletableFuture<?>[]::new))
                .handle((all, failure) -> failure)
                .join();
    }

    private static byte[] result(CompletableFuture<byte[]> leaf) throws IOException {
        try {
            return leaf.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof UncheckedIOException unchecked) {
                throw unchecked.getCause();
            }
            throw e;
        }
    }

    private void load(ByteBuffer batch, long first) throws IOException {
        batch.clear();
        while (batch.hasRemaining()) {
            if (channel.read(batch, first * BlockTree.DIGEST + batch.position()) < 0) {
                break;
            }
        }
        while (batch.hasRemaining()) {
            batch.put((byte) 0);
        }
        batch.flip();
    }

    private static boolean isUnknown(byte[] digest) {
        for (byte b : digest) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
