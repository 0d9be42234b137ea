// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Sha256;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Writes a digest file from beginning to end: first the disk's leaves from left to right, then, after
 * {@link #endContent}, those of the image file. Not for two threads.
 */
public final class DigestFileWriter implements Closeable {
    /**
     * What was written.
     *
     * @param contentRoot the root over the disk's content, in hexadecimal
     * @param fileRoot the root over the image file's blocks, in hexadecimal
     * @param size the digest file's size in bytes
     * @param sha256 the SHA-256 of the digest file, in hexadecimal
     */
    public record Summary(String contentRoot, String fileRoot, long size, String sha256) {}

    /** Digests in one run, so that a run can be written whole from a small buffer. */
    private static final int RUN_MAX = 2048;

    private final FileChannel channel;
    private final MessageDigest sha256 = Sha256.digest();
    private final ByteBuffer run = ByteBuffer.allocate(DigestFormat.RUN + RUN_MAX * BlockTree.DIGEST);
    private final @Nullable Leaves parent;
    private final byte[] parentLeaf = new byte[BlockTree.DIGEST];
    private BlockTree.Hasher hasher;
    private LeafKind kind = LeafKind.ZERO;
    private long count;
    private long leaves;
    private long written;
    private byte @Nullable [] contentRoot;
    private long contentLength;

    private DigestFileWriter(FileChannel channel, long guestSize, @Nullable Leaves parent) throws IOException {
        this.channel = channel;
        this.parent = parent;
        this.hasher = new BlockTree.Hasher(BlockTree.blocks(guestSize));
        ByteBuffer header = ByteBuffer.allocate(DigestFormat.HEADER);
        header.put(DigestFormat.HEADER_MAGIC)
                .putInt(DigestFormat.VERSION)
                .putInt(BlockTree.BLOCK)
                .putLong(guestSize);
        write(header.flip());
        run.position(DigestFormat.RUN);
    }

    /**
     * Begins a new file.
     *
     * @param guestSize the disk's size in bytes
     * @param parent the parent's leaves, parents followed, if the disk is an increment
     */
    public static DigestFileWriter create(Path file, long guestSize, @Nullable Leaves parent) throws IOException {
        FileChannel channel = FileChannel.open(
                file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), DurableFiles.privateFile(file));
        try {
            return new DigestFileWriter(channel, guestSize, parent);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** The next block's digest. */
    public void leaf(byte[] digest) throws IOException {
        if (BlockTree.isZero(digest)) {
            zeros(1);
            return;
        }
        extend(LeafKind.DATA, 1);
        run.put(digest);
        hasher.leaf(digest);
        if (!run.hasRemaining()) {
            flush();
        }
    }

    /** The next {@code number} blocks are zeros. */
    public void zeros(long number) throws IOException {
        extend(LeafKind.ZERO, number);
        hasher.zeros(number);
    }

    /** The next {@code number} blocks of the disk are the parent's. */
    public void inherited(long number) throws IOException {
        if (parent == null || contentRoot != null) {
            throw new IllegalStateException("there is nothing to inherit from");
        }
        for (long i = leaves; i < leaves + number; ) {
            parent.seek(i);
            if (parent.kind() == LeafKind.ZERO) {
                long end = Math.min(parent.end(), leaves + number);
                hasher.zeros(end - i);
                i = end;
            } else {
                parent.digest(parentLeaf);
                hasher.leaf(parentLeaf);
                i++;
            }
        }
        extend(LeafKind.INHERITED, number);
    }

    private void extend(LeafKind next, long number) throws IOException {
        if (next != kind) {
            flush();
            kind = next;
        }
        count += number;
        leaves += number;
    }

    private void flush() throws IOException {
        if (count > 0) {
            run.putLong(0, ((long) kind.number() << DigestFormat.KIND_SHIFT) | count);
            write(run.flip());
            run.clear().position(DigestFormat.RUN);
            count = 0;
        }
    }

    private void write(ByteBuffer buffer) throws IOException {
        sha256.update(buffer.duplicate());
        while (buffer.hasRemaining()) {
            written += channel.write(buffer);
        }
    }

    /** All of the disk's leaves were given; those of an image file of {@code imageSize} bytes follow. */
    public void endContent(long imageSize) throws IOException {
        flush();
        contentRoot = hasher.root();
        contentLength = written - DigestFormat.HEADER;
        hasher = new BlockTree.Hasher(BlockTree.blocks(imageSize));
        leaves = 0;
    }

    /** All leaves were given: completes the file and waits until it is on disk. */
    public Summary finish(long imageSize) throws IOException {
        byte[] content = contentRoot;
        if (content == null) {
            throw new IllegalStateException("the image's leaves are missing");
        }
        flush();
        byte[] fileRoot = hasher.root();
        ByteBuffer trailer = ByteBuffer.allocate(DigestFormat.TRAILER);
        trailer.putLong(contentLength)
                .putLong(written - DigestFormat.HEADER - contentLength)
                .putLong(imageSize)
                .put(content)
                .put(fileRoot)
                .put(DigestFormat.TRAILER_MAGIC);
        write(trailer.flip());
        channel.force(true);
        return new Summary(Sha256.hex(content), Sha256.hex(fileRoot), written, Sha256.hex(sha256.digest()));
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /**
     * Gives a disk's leaves to the digest file in their order, although blocks finish in any. As many wait as blocks
     * are in flight. Places are taken by one thread; they are filled by any.
     */
    public static final class Ordered {
        /** A place in the order: one block whose digest is to come, or a run that is known. */
        public static final class Place {
            private LeafKind kind;
            private long count;
            private byte @Nullable [] digest;

            private Place(LeafKind kind, long count) {
                this.kind = kind;
                this.count = count;
            }
        }

        private final DigestFileWriter writer;
        private final Deque<Place> waiting = new ArrayDeque<>();

        /** For {@code writer}. */
        public Ordered(DigestFileWriter writer) {
            this.writer = writer;
        }

        /** The next block, whose digest is to come. */
        public synchronized Place block() {
            Place place = new Place(LeafKind.DATA, 1);
            waiting.addLast(place);
            return place;
        }

        /** The next {@code count} blocks are zeros, or inherited. */
        public synchronized void run(LeafKind kind, long count) throws IOException {
            Place last = waiting.peekLast();
            if (last != null && last.kind == kind) {
                last.count += count;
            } else {
                waiting.addLast(new Place(kind, count));
            }
            drain();
        }

        /** The digest of a block. */
        public synchronized void fill(Place place, byte[] digest) throws IOException {
            place.digest = digest;
            drain();
        }

        /** A block turned out to be the parent's. */
        public synchronized void inherit(Place place) throws IOException {
            place.kind = LeafKind.INHERITED;
            drain();
        }

        private void drain() throws IOException {
            Place first = waiting.peekFirst();
            while (first != null) {
                if (first.kind == LeafKind.ZERO) {
                    writer.zeros(first.count);
                } else if (first.kind == LeafKind.INHERITED) {
                    writer.inherited(first.count);
                } else if (first.digest != null) {
                    writer.leaf(first.digest);
                } else {
                    return;
                }
                waiting.removeFirst();
                first = waiting.peekFirst();
            }
        }
    }

    /**
     * The digests of an image file's blocks while it is written, in any order, in a file that disappears afterwards: in
     * memory they would take 32 MiB a TiB. Blocks whose digest nobody gave, such as metadata, are read and hashed at
     * the end.
     */
    public static final class Spool implements Closeable {
        private static final int BATCH = 1024;

        private final FileChannel channel;

        private Spool(FileChannel channel) {
            this.channel = channel;
        }

        /** A new spool in a new file, which is gone when it is closed. */
        public static Spool create(Path file) throws IOException {
            return new Spool(FileChannel.open(
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
         * Gives the leaves of the finished {@code image} to {@code writer}. The blocks that it does not know, metadata
         * and compressed data, are read and hashed by {@code workers}.
         */
        public void drain(Path image, DigestFileWriter writer, Executor workers) throws IOException {
            try (FileChannel file = FileChannel.open(image, StandardOpenOption.READ)) {
                long size = file.size();
                writer.endContent(size);
                long blocks = BlockTree.blocks(size);
                ByteBuffer batch = ByteBuffer.allocate(BATCH * BlockTree.DIGEST);
                ThreadLocal<BlockTree.LeafHasher> hashers = ThreadLocal.withInitial(BlockTree.LeafHasher::new);
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
                                            ? CompletableFuture.supplyAsync(
                                                    () -> read(hashers, file, index, size), workers)
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

        private static byte[] read(ThreadLocal<BlockTree.LeafHasher> hashers, FileChannel file, long index, long size) {
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
}
