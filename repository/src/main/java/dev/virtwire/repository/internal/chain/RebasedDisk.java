// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.disk.SourceDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A whole disk of which only what changed is read from its source. Everything else comes from the parent point, whose
 * every block is compared with its digest; a block that cannot be read there is read from the source as well. So a new
 * chain begins at the cost of an increment.
 */
public final class RebasedDisk implements SourceDisk {
    /** One thread has all reads of a block, which it reads and hashes once. */
    private static final int READERS = 2;

    /** What is known of blocks is kept that long behind the walk; what is not known is read from the source. */
    private static final long KEPT_BLOCKS = 1024;

    private final SourceDisk changes;
    /** Null if the images cannot be read at all. */
    private final @Nullable ContentReader content;

    private final Leaves leaves;
    private final List<Reader> readers = new ArrayList<>();
    private final ConcurrentSkipListMap<Long, Origin> origins = new ConcurrentSkipListMap<>();

    private RebasedDisk(SourceDisk changes, DiskChain parent, @Nullable ContentReader content) {
        this.changes = changes;
        this.content = content;
        this.leaves = parent.leaves();
        for (int i = 0; i < READERS; i++) {
            readers.add(new Reader());
        }
    }

    /**
     * A disk that is {@code changes} where that says that it changed, and else as it was at a point.
     *
     * @param changes what is read elsewhere too if need be; closed with this disk
     * @param parent the disk at that point; it stays the caller's, and open for as long
     */
    public static RebasedDisk of(SourceDisk changes, DiskChain parent) {
        try {
            return new RebasedDisk(changes, parent, ContentReader.open(parent));
        } catch (IOException | DamagedException e) {
            return new RebasedDisk(changes, parent, null);
        }
    }

    @Override
    public long size() {
        return changes.size();
    }

    @Override
    public int blockSize() {
        return changes.blockSize();
    }

    @Override
    public CompletableFuture<Void> read(long offset, ByteBuffer destination) {
        long index = offset / BlockTree.BLOCK;
        Origin origin = content == null ? null : origins.get(index);
        boolean inBlock = offset + destination.remaining() <= (index + 1) * BlockTree.BLOCK;
        if (origin == null || !inBlock) {
            return changes.read(offset, destination);
        }
        CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
        for (Part part : origin.parts(offset, destination.remaining())) {
            ByteBuffer slice = destination.slice(destination.position() + part.from, part.length);
            long at = offset + part.from;
            CompletableFuture<Void> read = part.fromParent
                    ? readers.get((int) (index % READERS)).read(at, slice, origin.expected)
                    : changes.read(at, slice);
            all = all.thenCombine(read, (one, other) -> null);
        }
        return all;
    }

    @Override
    public long readFromHost(long offset, int length) {
        Origin origin = content == null ? null : origins.get(offset / BlockTree.BLOCK);
        return origin == null
                ? length
                : origin.parts(offset, length).stream()
                        .filter(part -> !part.fromParent)
                        .mapToLong(part -> part.length)
                        .sum();
    }

    @Override
    public Extents extents() {
        return new Walk(changes.extents());
    }

    @Override
    public void close() {
        changes.close();
        // Reads that are under way end soon; their files must not be closed under them.
        readers.forEach(reader -> reader.thread.shutdown());
    }

    /** Ends the reading of the parent; nothing may be read any more. */
    public void closeParent() throws IOException {
        for (Reader reader : readers) {
            reader.thread.shutdown();
            boolean interrupted = false;
            while (!reader.thread.isTerminated()) {
                try {
                    reader.thread.awaitTermination(1, TimeUnit.MINUTES);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        if (content != null) {
            content.close();
        }
    }

    /** A part of a read. */
    private record Part(int from, int length, boolean fromParent) {}

    /** Where the bytes of a block come from. */
    private static final class Origin {
        private final byte[] expected;
        /** The ranges of the disk in it that did not change, each by its begin and its end. */
        private final List<long[]> unchanged = new ArrayList<>();

        Origin(byte[] expected) {
            this.expected = expected;
        }

        synchronized void unchanged(long from, long to) {
            unchanged.add(new long[] {from, to});
        }

        synchronized List<Part> parts(long offset, int length) {
            List<Part> parts = new ArrayList<>();
            long end = offset + length;
            long at = offset;
            for (long[] range : unchanged) {
                long from = Math.max(at, range[0]);
                long to = Math.min(end, range[1]);
                if (from < to) {
                    add(parts, offset, at, from, false);
                    add(parts, offset, from, to, true);
                    at = to;
                }
            }
            add(parts, offset, at, end, false);
            return parts;
        }

        private static void add(List<Part> parts, long offset, long from, long to, boolean fromParent) {
            if (from < to) {
                parts.add(new Part((int) (from - offset), (int) (to - from), fromParent));
            }
        }
    }

    /** What changed by the source's walk, the rest by the parent's leaves. */
    private final class Walk implements Extents {
        private final Extents walk;
        private long end;
        private long walkEnd;
        private boolean zero;

        Walk(Extents walk) {
            this.walk = walk;
        }

        @Override
        public boolean next() {
            long begin = end;
            if (begin >= size()) {
                return false;
            }
            if (walkEnd <= begin) {
                if (!walk.next()) {
                    return false;
                }
                walkEnd = walk.end();
            }
            if (walk.isChanged()) {
                zero = walk.isZero();
                end = walkEnd;
                return true;
            }
            try {
                unchanged(begin);
                return true;
            } catch (IOException e) {
                throw new RepositoryException("cannot read the digests of the parent: " + e.getMessage(), e);
            }
        }

        private void unchanged(long begin) throws IOException {
            long index = begin / BlockTree.BLOCK;
            leaves.seek(index);
            zero = leaves.kind() == LeafKind.ZERO;
            if (zero) {
                end = Math.min(walkEnd, Math.min(size(), leaves.end() * BlockTree.BLOCK));
                return;
            }
            end = Math.min(walkEnd, Math.min(size(), (index + 1) * BlockTree.BLOCK));
            Origin origin = origins.get(index);
            if (origin == null) {
                byte[] expected = new byte[BlockTree.DIGEST];
                leaves.digest(expected);
                origin = new Origin(expected);
                origins.put(index, origin);
                origins.headMap(index - KEPT_BLOCKS).clear();
            }
            origin.unchanged(begin, end);
        }

        @Override
        public long end() {
            return end;
        }

        @Override
        public boolean isZero() {
            return zero;
        }

        /** Without a parent, all is. */
        @Override
        public boolean isChanged() {
            return true;
        }
    }

    /** Reads blocks of the parent, one after the other; several reads of a block follow each other. */
    private final class Reader {
        private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
            Thread made = new Thread(task, "virtwire-rebase");
            made.setDaemon(true);
            return made;
        });
        private final BlockTree.LeafHasher hasher = new BlockTree.LeafHasher();
        private final ByteBuffer block = ByteBuffer.allocateDirect(BlockTree.BLOCK);
        private long index = -1;

        CompletableFuture<Void> read(long offset, ByteBuffer destination, byte[] expected) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            try {
                thread.execute(() -> readHere(offset, destination, expected, done));
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
            return done;
        }

        private void readHere(long offset, ByteBuffer destination, byte[] expected, CompletableFuture<Void> done) {
            int position = destination.position();
            try {
                long wanted = offset / BlockTree.BLOCK;
                if (wanted != index) {
                    index = -1;
                    requireNonNull(content).read(wanted, block, expected, hasher);
                    index = wanted;
                }
                destination.put(block.slice((int) (offset % BlockTree.BLOCK), destination.remaining()));
                done.complete(null);
            } catch (IOException | DamagedException e) {
                // What the parent does not give, the source has too.
                fromSource(offset, destination.position(position), done);
            } catch (RuntimeException | Error e) {
                done.completeExceptionally(e);
            }
        }

        private void fromSource(long offset, ByteBuffer destination, CompletableFuture<Void> done) {
            try {
                changes.read(offset, destination).whenComplete((nothing, error) -> {
                    if (error == null) {
                        done.complete(null);
                    } else {
                        done.completeExceptionally(error);
                    }
                });
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        }
    }
}
