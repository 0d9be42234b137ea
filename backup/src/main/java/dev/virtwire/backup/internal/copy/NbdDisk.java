// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.copy;

import dev.virtwire.nbd.Extent;
import dev.virtwire.nbd.ExtentWalker;
import dev.virtwire.nbd.NbdAddress;
import dev.virtwire.nbd.NbdConnection;
import dev.virtwire.nbd.NbdOptions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** A disk behind an NBD export, read over several connections in turn. */
public final class NbdDisk implements SourceDisk {
    /** More gain nothing with QEMU, which serves 16 requests a connection at once. */
    public static final int CONNECTIONS = 4;

    private final List<NbdConnection> connections;
    private final AtomicInteger turn = new AtomicInteger();

    private NbdDisk(List<NbdConnection> connections) {
        this.connections = List.copyOf(connections);
    }

    /**
     * Opens the export.
     *
     * @throws dev.virtwire.nbd.NbdException where it cannot be reached or refuses
     */
    public static NbdDisk open(NbdAddress address, String export, NbdOptions options) {
        NbdOptions withContexts = options.withMetaContexts(NbdOptions.BASE_ALLOCATION);
        List<NbdConnection> connections = new ArrayList<>();
        try {
            for (int i = 0; i < CONNECTIONS; i++) {
                connections.add(NbdConnection.open(address, export, withContexts));
            }
        } catch (RuntimeException e) {
            connections.forEach(NbdConnection::close);
            throw e;
        }
        return new NbdDisk(connections);
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
        NbdConnection first = connections.get(0);
        return first.export().metaContexts().contains(NbdOptions.BASE_ALLOCATION)
                ? new Allocation(ExtentWalker.over(first, List.of(NbdOptions.BASE_ALLOCATION)))
                : new AllData(size());
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
