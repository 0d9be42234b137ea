// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.source;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.nbd.Extent;
import dev.virtwire.nbd.ExtentWalker;
import dev.virtwire.nbd.NbdAddress;
import dev.virtwire.nbd.NbdConnection;
import dev.virtwire.nbd.NbdException;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.nbd.NbdSession;
import dev.virtwire.repository.internal.disk.SourceDisk;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A disk behind an NBD export, read over several connections in turn. One that breaks is opened again. */
public final class NbdDisk implements SourceDisk {
    /** More gain nothing with QEMU, which serves 16 requests a connection at once. */
    public static final int CONNECTIONS = 4;

    private static final Duration AGAIN = Duration.ofSeconds(1);

    /** One context, asked alone. */
    static final List<String> ALLOCATION = List.of(NbdOptions.BASE_ALLOCATION);

    private final List<NbdSession> connections;
    private final @Nullable String changes;
    private final AtomicInteger turn = new AtomicInteger();

    private NbdDisk(List<NbdSession> connections, @Nullable String changes) {
        this.connections = List.copyOf(connections);
        this.changes = changes;
    }

    /**
     * Opens the export, which was there a moment ago.
     *
     * @param bitmap the bitmap that tells what changed, as the export offers it; null for all of the disk
     * @param patience for how long without an answer it is opened again
     * @param stopped asked while that lasts
     * @throws NbdException if it cannot be reached or refuses
     * @throws BackupException if the export does not offer the bitmap
     */
    public static NbdDisk open(
            NbdAddress address,
            String export,
            @Nullable String bitmap,
            NbdOptions options,
            Duration patience,
            BooleanSupplier stopped) {
        return patiently(true, patience, stopped, () -> open(address, export, bitmap, options, patience));
    }

    /**
     * Asks for an export's size in bytes, over a connection of its own.
     *
     * @param patience for how long it is asked again if the connection breaks
     * @param stopped asked while that lasts
     * @throws NbdException if it cannot be reached or refuses
     */
    public static long sizeOf(
            NbdAddress address, String export, NbdOptions options, Duration patience, BooleanSupplier stopped) {
        return patiently(false, patience, stopped, () -> {
            try (NbdConnection connection = NbdConnection.open(address, export, options)) {
                return connection.export().size();
            }
        });
    }

    /** Tries again what a storm may have broken. If the server was never reached, a second try says what is wrong. */
    private static <T> T patiently(boolean reached, Duration patience, BooleanSupplier stopped, Supplier<T> opening) {
        long began = System.nanoTime();
        for (int tries = 1; ; tries++) {
            try {
                return opening.get();
            } catch (NbdException e) {
                boolean known = reached || (tries == 1 && e.kind() != NbdException.Kind.UNREACHABLE);
                if (!known
                        || !e.kind().mayPass()
                        || System.nanoTime() - began >= patience.toNanos()
                        || stopped.getAsBoolean()) {
                    throw e;
                }
                Waiting.pause(AGAIN);
            }
        }
    }

    private static NbdDisk open(
            NbdAddress address, String export, @Nullable String bitmap, NbdOptions options, Duration patience) {
        String changes = bitmap == null ? null : NbdOptions.dirtyBitmap(bitmap);
        NbdOptions allocation = options.withMetaContexts(NbdOptions.BASE_ALLOCATION);
        List<NbdSession> connections = new ArrayList<>();
        try {
            // A connection answers for all its contexts at once, and what is allocated matters only where something
            // has changed: the two are asked over different ones.
            connections.add(NbdSession.open(
                    address, export, changes == null ? allocation : options.withMetaContexts(changes), patience));
            if (changes != null && !connections.get(0).export().metaContexts().contains(changes)) {
                throw new BackupException("the NBD export " + export + " does not offer the bitmap " + bitmap
                        + ": what changed cannot be told from what did not");
            }
            while (connections.size() < CONNECTIONS) {
                connections.add(NbdSession.open(address, export, allocation, patience));
            }
        } catch (RuntimeException e) {
            connections.forEach(NbdSession::close);
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
        NbdSession last = connections.get(CONNECTIONS - 1);
        boolean known = last.export().metaContexts().contains(NbdOptions.BASE_ALLOCATION);
        if (changes != null) {
            return new ChangedExtents(connections.get(0), changes, known ? last : null);
        }
        return known ? new Allocation(ExtentWalker.over(last, ALLOCATION)) : new AllData(size());
    }

    /** How many bytes a copy reads and stores, zeros that the host does not know as zeros included. */
    public long dataBytes() {
        Extents extents = extents();
        long bytes = 0;
        long at = 0;
        while (extents.next()) {
            if (extents.isChanged() && !extents.isZero()) {
                bytes += extents.end() - at;
            }
            at = extents.end();
        }
        return bytes;
    }

    @Override
    public void close() {
        connections.forEach(NbdSession::close);
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
