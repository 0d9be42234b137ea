// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import dev.virtwire.image.ImageExtent;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.chain.ContentReader;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.chain.DiskLayer;
import dev.virtwire.repository.internal.chain.Prefix;
import dev.virtwire.repository.internal.digest.BlockLookup;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.disk.TargetDisk;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.work.CopyMeter;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one disk through its chain and writes it flattened. What is written is right, block by block, whatever else is
 * damaged. Blocks of the image files that were seen on the way count as read, and the rest of the files is read
 * afterwards, so that damage anywhere in the chain is told.
 *
 * <p>If points of the chain are merged meanwhile, the chain is opened again and the rest is read from there: the
 * content is the same, and what was written was proven.
 */
public final class DiskRestore {
    private static final Logger LOG = LoggerFactory.getLogger(DiskRestore.class);

    private final DomainStore domain;
    private final ManifestDisk disk;
    private final Workers workers;
    private final CopyMeter meter;
    private final Losses losses;
    private final DataWriter writer;
    private final byte[] stored = new byte[BlockTree.DIGEST];

    /** Blocks that are written, or need not be; guarded by itself. */
    private final BitSet done = new BitSet();

    /** Blocks that nobody can give, of the done ones; guarded by {@link #done}. */
    private final BitSet lost = new BitSet();

    private final AtomicBoolean targetFailed = new AtomicBoolean();

    private DiskRestore(
            DomainStore domain, ManifestDisk disk, TargetDisk target, Workers workers, CopyMeter meter, Losses losses) {
        this.domain = domain;
        this.disk = disk;
        this.workers = workers;
        this.meter = meter;
        this.losses = losses;
        this.writer = new DataWriter(target, meter);
    }

    /**
     * Writes the disk; the target is finished by the caller.
     *
     * @param losses gets what is damaged in the files of the chain, and what of the disk is lost by that
     * @throws DamagedException if a block is lost, unless the losses are salvaged
     * @throws IOException if the target cannot be written
     */
    public static void run(
            DomainStore domain,
            Point point,
            ManifestDisk disk,
            TargetDisk target,
            Workers workers,
            CopyMeter meter,
            Losses losses)
            throws IOException {
        new DiskRestore(domain, disk, target, workers, meter, losses).run(point);
    }

    private void run(Point point) throws IOException {
        Point now = point;
        for (int rounds = 1; ; rounds++) {
            try {
                read(now);
                losses.lost(disk, lost);
                return;
            } catch (MergedMeanwhileException e) {
                if (rounds == MergedMeanwhileException.MOST_ROUNDS) {
                    throw e;
                }
                LOG.debug("disk {} of {} is read on from what points were merged into", disk.target(), point.id(), e);
            }
            Workers.refuseInterrupted();
            now = domain.ownPoint(point.id());
        }
    }

    private void read(Point point) throws IOException {
        List<Finding> problems = new ArrayList<>();
        try (DiskChain chain = DiskChain.openAnyhow(domain, point, ofPoint(point), problems)) {
            try {
                read(chain, problems);
            } catch (IOException | DamagedException e) {
                if (!targetFailed.get() && losses.hasChanged(chain, e)) {
                    throw losses.changed(chain, e);
                }
                throw e;
            }
        } catch (IOException | DamagedException e) {
            if (!targetFailed.get() && !domain.isStill(point)) {
                throw losses.changed(point, e);
            }
            throw e;
        }
    }

    private ManifestDisk ofPoint(Point point) {
        ManifestDisk now = point.manifest().disk(disk.target());
        if (now == null || !Objects.equals(now.content(), disk.content())) {
            throw new RepositoryException(point.id() + " of domain " + domain.name() + " became another point");
        }
        return now;
    }

    private void read(DiskChain chain, List<Finding> problems) throws IOException {
        List<BitSet> seen = new ArrayList<>();
        chain.layers().forEach(layer -> seen.add(new BitSet()));
        DamagedException failure = null;
        boolean wrong = true;
        try (ContentReader content = ContentReader.openAnyhow(chain)) {
            Round round = new Round(chain, content, seen);
            content.readAll(workers, new Prefix(done.nextClearBit(0)), round);
            wrong = !lost.isEmpty();
        } catch (DamagedException e) {
            failure = e;
        }
        List<Finding> found = losses.check(chain, problems, seen, wrong, workers);
        if (failure != null) {
            throw found.isEmpty() ? failure : new DamagedException(found);
        }
    }

    /** Counts each block once, however often the disk is read. */
    private void done(long first, long end) {
        long bytes = 0;
        synchronized (done) {
            for (int index = done.nextClearBit((int) first); index < end; index = done.nextClearBit(index + 1)) {
                bytes += BlockTree.blockLength(index, disk.virtualSize());
            }
            done.set((int) first, (int) end);
        }
        meter.passed(bytes);
    }

    /** The chain as it is between two merges. */
    private final class Round implements ContentReader.Sink {
        private final DiskChain chain;
        private final ContentReader content;
        private final List<BitSet> seen;
        private final List<@Nullable BlockLookup> lookups = new ArrayList<>();

        Round(DiskChain chain, ContentReader content, List<BitSet> seen) throws IOException {
            this.chain = chain;
            this.content = content;
            this.seen = seen;
            for (DiskLayer layer : chain.layers()) {
                lookups.add(layer.provesFile() ? layer.digests().lookup() : null);
            }
        }

        @Override
        public void block(long index, ByteBuffer block, byte[] digest) throws IOException {
            remember(index * BlockTree.BLOCK, block.limit(), digest);
            synchronized (done) {
                if (done.get((int) index)) {
                    return;
                }
            }
            try {
                writer.write(index * BlockTree.BLOCK, block);
            } catch (IOException | RuntimeException e) {
                targetFailed.set(true);
                throw e;
            }
            done(index, index + 1);
        }

        @Override
        public void zeros(long first, long end) {
            done(first, end);
        }

        @Override
        public void lost(long index, DamagedException why) {
            synchronized (done) {
                if (done.get((int) index)) {
                    return;
                }
            }
            if (!chain.isStill(domain)) {
                throw losses.changed(chain, why);
            }
            if (!losses.salvages()) {
                throw why;
            }
            synchronized (done) {
                lost.set((int) index);
            }
            done(index, index + 1);
        }

        /** A block of a file that was just read whole, and whose digest is the same, needs no second reading. */
        private void remember(long offset, int length, byte[] digest) throws IOException {
            List<ImageExtent> extents = content.images().extents(offset, length);
            ImageExtent first = extents.get(0);
            BlockLookup lookup = lookups.get(first.depth());
            if (lookup != null
                    && extents.size() == 1
                    && length == BlockTree.BLOCK
                    && first.kind() == ImageExtent.Kind.DATA
                    && first.hostOffset() >= 0
                    && first.hostOffset() % BlockTree.BLOCK == 0) {
                long block = first.hostOffset() / BlockTree.BLOCK;
                synchronized (stored) {
                    lookup.digest(block, stored);
                    if (Arrays.equals(stored, digest)) {
                        seen.get(first.depth()).set((int) block);
                    }
                }
            }
        }
    }
}
