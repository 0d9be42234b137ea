// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import static java.util.Objects.requireNonNull;

import dev.virtwire.image.ImageException;
import dev.virtwire.image.RawWriter;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.chain.BlockListener;
import dev.virtwire.repository.internal.chain.ChainLimit;
import dev.virtwire.repository.internal.chain.ContentReader;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.chain.DiskLayer;
import dev.virtwire.repository.internal.chain.Prefix;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.disk.TargetDisk;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.verify.ContentCheck;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restores a disk as the images that it is made of. No image gets its name before it is proven that a guest reads from
 * the written images what it had: each block has its digest while it is written, or the written images are read again.
 */
final class ChainRestore {
    private static final Logger LOG = LoggerFactory.getLogger(ChainRestore.class);

    /** So often images are copied that are right in the repository, but not in what was written. */
    private static final int MOST_COPIES = 3;

    private final DomainStore domain;
    private final Point point;
    private final Path folder;
    private final boolean passable;
    private final FileSet made;
    private final ProgressMeter meter;
    private final Losses losses;

    /** Of a point; in {@code folder} each point of a chain gets a folder of the name that its images know it by. */
    ChainRestore(
            DomainStore domain,
            Point point,
            Path folder,
            boolean passable,
            FileSet made,
            ProgressMeter meter,
            Losses losses) {
        this.domain = domain;
        this.point = point;
        this.folder = folder;
        this.passable = passable;
        this.made = made;
        this.meter = meter;
        this.losses = losses;
    }

    /**
     * Writes the images of a disk, under temporary names.
     *
     * @throws DamagedException if the repository does not give what the guest had
     * @throws RepositoryException if it does, but reads of it fail or differ again and again
     */
    void run(ManifestDisk disk, Workers workers) throws IOException {
        Point now = point;
        int merges = 0;
        int copies = 0;
        while (true) {
            FileSet.Mark mark = made.mark();
            try {
                if (copy(now, requireNonNull(now.manifest().disk(disk.target()), disk.target()), workers)) {
                    return;
                }
                copies++;
                if (copies == MOST_COPIES) {
                    throw new RepositoryException("disk " + disk.target() + " of " + point.id() + " was copied "
                            + copies + " times, and never were all its bytes read as they are, though nothing of it is"
                            + " damaged: check the storage and the memory of this machine");
                }
                LOG.debug("disk {} of {} is copied again, as it was read wrong", disk.target(), point.id());
            } catch (MergedMeanwhileException e) {
                merges++;
                if (merges == MergedMeanwhileException.MOST_ROUNDS) {
                    throw e;
                }
                LOG.debug("disk {} of {} is begun again, as points were merged", disk.target(), point.id(), e);
            }
            Workers.refuseInterrupted();
            made.backTo(mark);
            now = domain.ownPoint(point.id());
        }
    }

    /** Returns false if the repository is right, and what was written is not. */
    private boolean copy(Point now, ManifestDisk disk, Workers workers) throws IOException {
        List<Finding> problems = new ArrayList<>();
        try (DiskChain chain = DiskChain.openAnyhow(domain, now, disk, problems)) {
            try {
                return copy(chain, problems, workers);
            } catch (IOException | DamagedException e) {
                if (losses.hasChanged(chain, e)) {
                    throw losses.changed(chain, e);
                }
                throw e;
            }
        } catch (IOException | DamagedException e) {
            if (!domain.isStill(now)) {
                throw losses.changed(now, e);
            }
            throw e;
        }
    }

    private boolean copy(DiskChain chain, List<Finding> problems, Workers workers) throws IOException {
        if (chain.layers().stream().anyMatch(DiskLayer::isChanging)) {
            throw new RepositoryException("a merge of points that " + point.id()
                    + " builds on has not ended: finish it with a prune, or restore without the chain");
        }
        requireShort(chain);
        made.folder(folder, passable);
        List<BitSet> right = new ArrayList<>();
        chain.layers().forEach(layer -> right.add(new BitSet()));
        List<Path> written = new ArrayList<>();
        DamagedException failure = null;
        try {
            for (int i = 0; i < right.size(); i++) {
                written.add(copy(chain.layers().get(i), right.get(i), workers));
            }
        } catch (DamagedException e) {
            failure = e;
        }
        List<Finding> found = losses.check(chain, problems, right, false, workers);
        if (!chain.isStill(domain)) {
            // Some of the images may be older than the merge, and others newer.
            throw losses.changed(chain, failure);
        }
        if (failure == null && chain.layers().get(right.size() - 1).image().backing() == null) {
            boolean exact = found.isEmpty() && areAllRight(chain, right);
            try (ContentReader content = ContentReader.openAnyhow(chain)) {
                if (exact ? isRight(chain, content, workers) : isRight(chain, content, written, workers)) {
                    return true;
                }
                if (!exact && isGivenRight(chain, content, workers)) {
                    return false;
                }
            }
        }
        throw new DamagedException(
                found.isEmpty() ? List.of(Finding.of(chain.top().file(), "does not give what the guest had")) : found);
    }

    private Path copy(DiskLayer layer, BitSet right, Workers workers) throws IOException {
        Path ofPoint = folder.resolve(layer.point().id());
        made.folder(ofPoint, passable);
        Path file = ofPoint.resolve(layer.image().file());
        made.requireFree(file);
        Path temporary = made.add(file);
        try (TargetDisk target =
                TargetDisk.of(RawWriter.create(temporary, layer.image().size(), DurableFiles.privateFile(temporary)))) {
            ImageCopy.run(layer, target, right, workers, meter);
            target.finish();
        }
        return temporary;
    }

    /** Whether every block of the images had its digest while it was written. */
    private static boolean areAllRight(DiskChain chain, List<BitSet> right) {
        for (int i = 0; i < right.size(); i++) {
            if (right.get(i).cardinality()
                    != BlockTree.blocks(chain.layers().get(i).image().size())) {
                return false;
            }
        }
        return true;
    }

    /** Whether a guest reads what it had from images whose bytes are all as they should be. */
    private static boolean isRight(DiskChain chain, ContentReader content, Workers workers) throws IOException {
        return content.isProven()
                && ContentCheck.own(
                                content, chain, new BitSet(), new BitSet(), new Prefix(0), workers, BlockListener.NONE)
                        .isEmpty();
    }

    /** Whether a guest reads what it had from what was written, though not all of that may be as it should. */
    private static boolean isRight(DiskChain chain, ContentReader content, List<Path> written, Workers workers)
            throws IOException {
        if (!content.isProven()) {
            return false;
        }
        try (ContentReader copy = ContentReader.of(chain, chain.openCopies(written))) {
            return isWhole(copy, workers);
        } catch (DamagedException | ImageException e) {
            LOG.debug("the copy of {} cannot be opened", chain.top().file(), e);
            return false;
        }
    }

    /** Whether a guest reads what it had from the repository's images. */
    private static boolean isGivenRight(DiskChain chain, ContentReader content, Workers workers) throws IOException {
        if (!content.isProven()) {
            return false;
        }
        try (ContentReader given = ContentReader.open(chain)) {
            return isWhole(given, workers);
        } catch (DamagedException | ImageException e) {
            LOG.debug("{} cannot be opened", chain.top().file(), e);
            return false;
        }
    }

    private static boolean isWhole(ContentReader content, Workers workers) throws IOException {
        BitSet all = new BitSet();
        all.set(0, (int) BlockTree.blocks(content.size()));
        return content.lost(all, workers, BlockListener.NONE).isEmpty();
    }

    /** QEMU must be able to open what is written. */
    private void requireShort(DiskChain chain) {
        ChainLimit limit = ChainLimit.in(folder);
        ChainLimit.Length length = ChainLimit.Length.of(chain);
        if (!limit.canBeOpened(length)) {
            throw new RepositoryException(
                    "disk " + chain.top().disk().target() + " of " + point.id() + " is a chain of "
                            + length.layers() + " images, and QEMU could not open it below " + folder
                            + ": it joins their names to one of " + limit.joined(length)
                            + " bytes. Restore it without --chain, as one image");
        }
    }
}
