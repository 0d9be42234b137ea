// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.internal.chain.DiskLayer;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.digest.UnknownLeaves;
import dev.virtwire.repository.internal.disk.TargetDisk;
import dev.virtwire.repository.internal.work.CopyMeter;
import dev.virtwire.repository.internal.work.Workers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies an image file as it is, holes left out. Blocks that are not what was written are copied too, since no disk may
 * need them: who reads the disks through the digests finds out.
 */
final class ImageCopy implements Workers.Work {
    private static final Logger LOG = LoggerFactory.getLogger(ImageCopy.class);

    private final DiskLayer layer;
    private final FileChannel channel;
    private final DataWriter writer;
    private final BitSet right;
    private final Workers workers;
    private final CopyMeter meter;
    private final Leaves leaves;
    private final long size;
    private long cursor;

    private ImageCopy(
            DiskLayer layer, FileChannel channel, DataWriter writer, BitSet right, Workers workers, CopyMeter meter)
            throws IOException {
        this.layer = layer;
        this.channel = channel;
        this.writer = writer;
        this.workers = workers;
        this.meter = meter;
        this.right = right;
        this.size = layer.image().size();
        boolean known = layer.provesFile();
        this.leaves = known ? layer.digests().blocks() : new UnknownLeaves(BlockTree.blocks(size));
    }

    /**
     * Copies; the target, of a raw file of the same size, is finished by the caller.
     *
     * @param right gets the blocks that are what was written
     * @throws DamagedException if the file is missing or of another size
     */
    static void run(DiskLayer layer, TargetDisk target, BitSet right, Workers workers, CopyMeter meter)
            throws IOException {
        layer.requireSize();
        try (FileChannel channel = FileChannel.open(layer.file(), StandardOpenOption.READ)) {
            workers.run(new ImageCopy(layer, channel, new DataWriter(target, meter), right, workers, meter));
        }
    }

    @Override
    public boolean next(Workers.Bench bench) throws IOException {
        long index;
        boolean known;
        synchronized (this) {
            if (cursor >= leaves.count()) {
                return false;
            }
            index = cursor;
            cursor++;
            leaves.seek(index);
            known = leaves.kind() != LeafKind.INHERITED;
            if (leaves.kind() == LeafKind.ZERO) {
                System.arraycopy(BlockTree.zeroLeaf(), 0, bench.expected(), 0, BlockTree.DIGEST);
            } else if (known) {
                leaves.digest(bench.expected());
            }
        }
        int length = BlockTree.blockLength(index, size);
        workers.pace(length);
        ByteBuffer buffer = read(bench.buffer(length), index);
        if (buffer != null) {
            if (known && Arrays.equals(bench.hasher().hash(buffer), bench.expected())) {
                synchronized (right) {
                    right.set((int) index);
                }
            }
            writer.write(index * BlockTree.BLOCK, buffer);
        }
        meter.passed(length);
        return true;
    }

    /** Null for what the medium does not give back. */
    private @Nullable ByteBuffer read(ByteBuffer buffer, long index) throws IOException {
        try {
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, index * BlockTree.BLOCK + buffer.position()) < 0) {
                    throw new IOException("the file became shorter while it was read");
                }
            }
            return buffer.flip();
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            LOG.debug("block {} of {}", index, layer.file(), e);
            return null;
        }
    }
}
