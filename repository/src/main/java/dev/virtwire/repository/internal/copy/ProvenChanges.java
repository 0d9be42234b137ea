// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.disk.SourceDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * A disk with the changes that its bitmap tells, as far as they are proven to be all.
 *
 * <p>If a disk becomes smaller, QEMU forgets what its bitmaps know of the part that is lost. If it becomes larger
 * again, QEMU marks nothing. So a disk that was smaller for a while holds zeros where its bitmap says that nothing
 * changed. But then everything beyond its smallest size is lost. If the last block of data that is said to be unchanged
 * is what it was, the bitmap is right about all before it. Beyond it, blocks that changed in part are read and stored
 * as a whole; those that did not change at all were zeros at the parent, and are.
 */
public final class ProvenChanges implements SourceDisk {
    private final SourceDisk source;
    private final long proven;

    private ProvenChanges(SourceDisk source, long proven) {
        this.source = source;
        this.proven = proven;
    }

    /**
     * Reads one block of the disk, and believes its changes if that is the parent's.
     *
     * @param source a disk that tells what changed; it stays the caller's if its changes are refuted
     * @param parent the parent's leaves, parents followed; nobody else moves them
     * @return the disk, or null if more has changed than it tells
     */
    public static @Nullable SourceDisk of(SourceDisk source, Leaves parent) throws IOException {
        byte[] expected = new byte[BlockTree.DIGEST];
        long block = lastUnchangedData(source, parent, expected);
        if (block < 0) {
            return new ProvenChanges(source, 0);
        }
        return Arrays.equals(digest(source, block), expected)
                ? new ProvenChanges(source, block * BlockTree.BLOCK)
                : null;
    }

    /** Its index, or -1 if there is no such block; {@code digest} gets its digest at the parent. */
    private static long lastUnchangedData(SourceDisk source, Leaves parent, byte[] digest) throws IOException {
        Extents extents = source.extents();
        long last = -1;
        long begin = 0;
        while (extents.next()) {
            if (!extents.isChanged()) {
                long end = wholeUntil(extents.end(), source.size());
                for (long block = BlockTree.blocks(begin); block < BlockTree.blocks(end); ) {
                    parent.seek(block);
                    long next = Math.min(parent.end(), BlockTree.blocks(end));
                    if (parent.kind() == LeafKind.DATA) {
                        last = next - 1;
                        parent.seek(last);
                        parent.digest(digest);
                    }
                    block = next;
                }
            }
            begin = extents.end();
        }
        return last;
    }

    /** Where the last whole block before {@code end} ends; the disk's last block is whole. */
    private static long wholeUntil(long end, long size) {
        return end >= size ? size : end / BlockTree.BLOCK * BlockTree.BLOCK;
    }

    private static byte[] digest(SourceDisk source, long block) {
        ByteBuffer content = ByteBuffer.allocate(BlockTree.blockLength(block, source.size()));
        try {
            source.read(block * BlockTree.BLOCK, content.duplicate()).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException reason ? reason : e;
        }
        return new BlockTree.LeafHasher().hash(content);
    }

    @Override
    public long size() {
        return source.size();
    }

    @Override
    public int blockSize() {
        return source.blockSize();
    }

    @Override
    public CompletableFuture<Void> read(long offset, ByteBuffer destination) {
        return source.read(offset, destination);
    }

    @Override
    public Extents extents() {
        return new Proven(source.extents());
    }

    @Override
    public void close() {
        source.close();
    }

    /** Beyond what is proven, an unchanged range counts as changed where it does not fill its block. */
    private final class Proven implements Extents {
        private final Extents told;
        private long toldEnd;
        private long end;
        private boolean changed;

        Proven(Extents told) {
            this.told = told;
        }

        @Override
        public boolean next() {
            if (end == toldEnd) {
                if (!told.next()) {
                    return false;
                }
                toldEnd = told.end();
            }
            long begin = end;
            long whole = wholeUntil(toldEnd, size());
            if (told.isChanged()) {
                changed = true;
                end = toldEnd;
            } else if (begin < proven) {
                changed = false;
                end = Math.min(toldEnd, proven);
            } else if (begin % BlockTree.BLOCK == 0 && begin < whole) {
                changed = false;
                end = whole;
            } else {
                changed = true;
                end = Math.min(toldEnd, (begin / BlockTree.BLOCK + 1) * BlockTree.BLOCK);
            }
            return true;
        }

        @Override
        public long end() {
            return end;
        }

        @Override
        public boolean isZero() {
            return told.isZero();
        }

        @Override
        public boolean isChanged() {
            return changed;
        }
    }
}
