// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.disk.SourceDisk;
import dev.virtwire.repository.internal.format.Sha256;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A disk in memory whose reads complete late and out of order. Its holes and changes have a granularity of 512 bytes;
 * it can be told to fail.
 */
public final class MemoryDisk implements SourceDisk {
    private static final int SECTOR = 512;

    public final byte[] content;
    private final BitSet holes = new BitSet();
    private final BitSet changed = new BitSet();
    private final ExecutorService replies = Executors.newFixedThreadPool(3);
    private final AtomicInteger reads = new AtomicInteger();
    public volatile int failAt = Integer.MAX_VALUE;
    private volatile boolean closed;

    public MemoryDisk(byte[] content) {
        this.content = content;
        changed.set(0, sectors());
    }

    /** A disk with runs of random data, zeros that are data, and holes. */
    public static MemoryDisk random(int size, Random random) {
        byte[] content = new byte[size];
        MemoryDisk disk = new MemoryDisk(content);
        int at = 0;
        while (at < size) {
            int scale = random.nextInt(3);
            int limit = scale == 0 ? 8 : scale == 1 ? 700 : 9000;
            int end = Math.min(size, at + (1 + random.nextInt(limit)) * SECTOR);
            switch (random.nextInt(3)) {
                case 0 -> disk.fill(random, at, end);
                case 1 -> disk.holes.set(at / SECTOR, end / SECTOR);
                default -> Arrays.fill(content, at, end, (byte) 0);
            }
            at = end;
        }
        return disk;
    }

    private void fill(Random random, int begin, int end) {
        byte[] bytes = new byte[end - begin];
        random.nextBytes(bytes);
        System.arraycopy(bytes, 0, content, begin, bytes.length);
    }

    /** The same disk later, after random writes, zeros and discards, which its changes tell. */
    public MemoryDisk later(Random random) {
        MemoryDisk later = new MemoryDisk(content.clone());
        later.changed.clear();
        later.holes.or(holes);
        later.change(random);
        return later;
    }

    /** The same disk after further changes, which are told beside the earlier ones. */
    MemoryDisk laterStill(Random random) {
        MemoryDisk later = copy();
        later.change(random);
        return later;
    }

    private void change(Random random) {
        for (int i = 0; i < 20; i++) {
            int begin = random.nextInt(sectors());
            int end = Math.min(sectors(), begin + 1 + random.nextInt(random.nextBoolean() ? 4 : 5000));
            changed.set(begin, end);
            holes.clear(begin, end);
            switch (random.nextInt(3)) {
                case 0 -> fill(random, begin * SECTOR, end * SECTOR);
                case 1 -> Arrays.fill(content, begin * SECTOR, end * SECTOR, (byte) 0);
                default -> {
                    Arrays.fill(content, begin * SECTOR, end * SECTOR, (byte) 0);
                    holes.set(begin, end);
                }
            }
        }
    }

    /** The same disk after it had {@code size} bytes for a while, of which QEMU's bitmaps tell nothing. */
    MemoryDisk smallerForAWhile(int size) {
        MemoryDisk regrown = copy();
        Arrays.fill(regrown.content, size, content.length, (byte) 0);
        regrown.changed.clear(size / SECTOR, sectors());
        regrown.holes.set(size / SECTOR, sectors());
        return regrown;
    }

    /** The same disk later, after a write to one sector. */
    public MemoryDisk laterInOneSector(Random random) {
        MemoryDisk later = new MemoryDisk(content.clone());
        later.changed.clear();
        later.holes.or(holes);
        int sector = random.nextInt(sectors());
        later.changed.set(sector);
        later.holes.clear(sector);
        later.fill(random, sector * SECTOR, (sector + 1) * SECTOR);
        return later;
    }

    /** The same disk later, after one write of whole sectors. */
    public MemoryDisk written(int offset, byte[] bytes) {
        MemoryDisk later = new MemoryDisk(content.clone());
        later.changed.clear();
        later.holes.or(holes);
        System.arraycopy(bytes, 0, later.content, offset, bytes.length);
        later.changed.set(offset / SECTOR, (offset + bytes.length) / SECTOR);
        later.holes.clear(offset / SECTOR, (offset + bytes.length) / SECTOR);
        return later;
    }

    /** The same disk, of which nothing was read yet. */
    public MemoryDisk again() {
        return copy();
    }

    private MemoryDisk copy() {
        MemoryDisk copy = new MemoryDisk(content.clone());
        copy.changed.clear();
        copy.changed.or(changed);
        copy.holes.or(holes);
        return copy;
    }

    /** The same disk, of which nobody knows what changed. */
    public MemoryDisk untold() {
        MemoryDisk untold = again();
        untold.changed.set(0, sectors());
        return untold;
    }

    private int sectors() {
        return content.length / SECTOR;
    }

    /** How many reads were asked for. */
    public int reads() {
        return reads.get();
    }

    @Override
    public long size() {
        return content.length;
    }

    @Override
    public int blockSize() {
        return SECTOR;
    }

    @Override
    public CompletableFuture<Void> read(long offset, ByteBuffer destination) {
        boolean fail = reads.getAndIncrement() >= failAt || closed;
        return CompletableFuture.runAsync(
                () -> {
                    if (fail) {
                        throw new IllegalStateException("the source is gone");
                    }
                    destination.duplicate().put(content, (int) offset, destination.remaining());
                },
                replies);
    }

    @Override
    public Extents extents() {
        List<int[]> runs = new ArrayList<>();
        for (int i = 0; i < sectors(); ) {
            int end = i + 1;
            while (end < sectors() && holes.get(end) == holes.get(i) && changed.get(end) == changed.get(i)) {
                end++;
            }
            runs.add(new int[] {end, holes.get(i) ? 1 : 0, changed.get(i) ? 1 : 0});
            i = end;
        }
        return new Extents() {
            private int index = -1;

            @Override
            public boolean next() {
                index++;
                return index < runs.size();
            }

            @Override
            public long end() {
                return runs.get(index)[0] * (long) SECTOR;
            }

            @Override
            public boolean isZero() {
                return runs.get(index)[1] == 1;
            }

            @Override
            public boolean isChanged() {
                return runs.get(index)[2] == 1;
            }
        };
    }

    @Override
    public void close() {
        closed = true;
        replies.shutdown();
    }

    /** The root over the content, computed the slow way. */
    public String contentRoot() {
        long blocks = BlockTree.blocks(content.length);
        BlockTree.Hasher hasher = new BlockTree.Hasher(blocks);
        for (int i = 0; i < blocks; i++) {
            byte[] block = Arrays.copyOf(
                    Arrays.copyOfRange(content, i << 20, Math.min(content.length, (i + 1) << 20)), BlockTree.BLOCK);
            hasher.leaf(Sha256.of(block));
        }
        return Sha256.hex(hasher.root());
    }
}
