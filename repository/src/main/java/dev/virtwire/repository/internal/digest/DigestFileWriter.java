// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Sha256;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Set;
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
     * @param parent the parent's leaves, parents followed, where the disk is an increment
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
}
