// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.internal.chain.DiskLayer;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.disk.TargetDisk;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.work.CopyMeter;
import dev.virtwire.repository.internal.work.Workers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** Copies an image file as it is, holes left out, each block compared with its digest before it is written. */
final class ImageCopy implements Workers.Work {
    private final DiskLayer layer;
    private final FileChannel channel;
    private final DataWriter writer;
    private final Workers workers;
    private final CopyMeter meter;
    private final Leaves leaves;
    private final long size;
    private long cursor;

    private ImageCopy(DiskLayer layer, FileChannel channel, DataWriter writer, Workers workers, CopyMeter meter) {
        this.layer = layer;
        this.channel = channel;
        this.writer = writer;
        this.workers = workers;
        this.meter = meter;
        this.leaves = layer.digests().blocks();
        this.size = layer.image().size();
    }

    /**
     * Copies; the target, of a raw file of the same size, is finished by the caller.
     *
     * @throws DamagedException at the first block that is not what was written
     */
    static void run(DiskLayer layer, TargetDisk target, Workers workers, CopyMeter meter) throws IOException {
        layer.requireSize();
        try (FileChannel channel = FileChannel.open(layer.file(), StandardOpenOption.READ)) {
            workers.run(new ImageCopy(layer, channel, new DataWriter(target, meter), workers, meter));
        }
    }

    @Override
    public boolean next(Workers.Bench bench) throws IOException {
        long index;
        synchronized (this) {
            if (cursor >= leaves.count()) {
                return false;
            }
            index = cursor;
            cursor++;
            leaves.seek(index);
            if (leaves.kind() == LeafKind.ZERO) {
                System.arraycopy(BlockTree.zeroLeaf(), 0, bench.expected(), 0, BlockTree.DIGEST);
            } else {
                leaves.digest(bench.expected());
            }
        }
        int length = BlockTree.blockLength(index, size);
        workers.pace(length);
        ByteBuffer buffer = read(bench.buffer(length), index);
        if (!Arrays.equals(bench.hasher().hash(buffer), bench.expected())) {
            throw damaged(
                    index,
                    length,
                    "not the bytes whose SHA-256 is in " + layer.disk().target() + ".digests");
        }
        writer.write(index * BlockTree.BLOCK, buffer);
        meter.passed(length);
        return true;
    }

    private ByteBuffer read(ByteBuffer buffer, long index) throws IOException {
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
            // What the medium does not give back is as damaged as what it gives back wrong.
            throw damaged(index, buffer.limit(), "cannot be read: " + Problems.reason(e));
        }
    }

    private DamagedException damaged(long index, int length, String message) {
        return new DamagedException(new Finding(layer.file(), index * BlockTree.BLOCK, length, message));
    }
}
