// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.source;

import dev.virtwire.backup.BackupException;
import dev.virtwire.nbd.Extent;
import dev.virtwire.nbd.ExtentWalker;
import dev.virtwire.nbd.NbdAddress;
import dev.virtwire.nbd.NbdConnection;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.repository.internal.disk.SourceDisk;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A disk behind an NBD export, read over several connections in turn. */
public final class NbdDisk implements SourceDisk {
    /** More gain nothing with QEMU, which serves 16 requests a connection at once. */
    public static final int CONNECTIONS = 4;

    /** One context, asked alone. */
    static final List<String> ALLOCATION = List.of(NbdOptions.BASE_ALLOCATION);

    private final List<NbdConnection> connections;
    private final @Nullable String changes;
    private final AtomicInteger turn = new AtomicInteger();

    private NbdDisk(List<NbdConnection> connections, @Nullable String changes) {
        this.connections = List.copyOf(connections);
        this.changes = changes;
    }

    /**
     * Opens the export.
     *
     * @param bitmap the bitmap that tells what changed, as the export offers it; null for all of the disk
     * @throws dev.virtwire.nbd.NbdException if it cannot be reached or refuses
     * @throws BackupException if the export does not offer the bitmap
     */
    public static NbdDisk open(NbdAddress address, String export, @Nullable String bitmap, NbdOptions options) {
        String changes = bitmap == null ? null : NbdOptions.dirtyBitmap(bitmap);
        NbdOptions allocation = options.withMetaContexts(NbdOptions.BASE_ALLOCATION);
        List<NbdConnection> connections = new ArrayList<>();
        try {
            // A connection answers for all its contexts at once, and what is allocated matters only where something
            // has changed: the two are asked over different ones.
            connections.add(NbdConnection.open(
                    address, export, changes == null ? allocation : options.withMetaContexts(changes)));
            if (changes != null && !connections.get(0).export().metaContexts().contains(changes)) {
                throw new BackupException("the NBD export " + export + " does not offer the bitmap " + bitmap
                        + ": what changed cannot be told from what did not");
            }
            while (connections.size() < CONNECTIONS) {
                connections.add(NbdConnection.open(address, export, allocation));
            }
        } catch (RuntimeException e) {
            connections.forEach(NbdConnection::close);
            throw e;
        }
        return new NbdDisk(connections, changes);
    }

    @Override
    public long size() {
        return connections.get(0).export().size();
    }

    @Override
    public int blockSize() {
        return connections.get(0).export().minimumBlockSize();
    }

    @Override
    public CompletableFuture<Void> read(long offset, ByteBuffer destination) {
        int next = Math.floorMod(turn.getAndIncrement(), connections.size());
        return connections.get(next).read(offset, destination);
    }

    @Override
    public Extents extents() {
        NbdConnection last = connections.get(CONNECTIONS - 1);
        boolean known = last.export().metaContexts().contains(NbdOptions.BASE_ALLOCATION);
        if (changes != null) {
            return new ChangedExtents(connections.get(0), changes, known ? last : null);
        }
        return known ? new Allocation(ExtentWalker.over(last, ALLOCATION)) : new AllData(size());
    }

    @Override
    public void close() {
        connections.forEach(NbdConnection::close);
    }

    private static final class Allocation implements Extents {
        private final ExtentWalker walker;

        Allocation(ExtentWalker walker) {
            this.walker = walker;
        }

        @Override
        public boolean next() {
            return walker.next();
        }

        @Override
        public long end() {
            return walker.offset() + walker.length();
        }

        @Override
        public boolean isZero() {
            return (walker.flags(0) & Extent.ZERO) != 0;
        }

        @Override
        public boolean isChanged() {
            return true;
        }
    }

    /** For a server that knows nothing of holes. */
    private static final class AllData implements Extents {
        private final long size;
        private boolean given;

        AllData(long size) {
            this.size = size;
        }

        @Override
        public boolean next() {
            boolean first = !given && size > 0;
            given = true;
            return first;
        }

        @Override
        public long end() {
            return size;
        }

        @Override
        public boolean isZero() {
            return false;
        }

        @Override
        public boolean isChanged() {
            return true;
        }
    }
}
