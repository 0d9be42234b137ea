// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.verify;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.chain.BlockListener;
import dev.virtwire.repository.internal.chain.ContentReader;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.chain.OpenChains;
import dev.virtwire.repository.internal.chain.Prefix;
import dev.virtwire.repository.internal.damage.Look;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which blocks of which disks damage in image files takes away, of one domain. Parents go before children: a
 * block that is wrong at a parent is the only one that can be wrong in a child whose own image is right, and it is
 * read there, since the child may have overwritten it.
 */
public final class LostContent {
    private static final Logger LOG = LoggerFactory.getLogger(LostContent.class);

    /** Opens a chain, whatever is wrong in it. */
    @FunctionalInterface
    private interface Opener {
        /** The chain of {@code disk} at {@code top}. */
        DiskChain open(Point top, ManifestDisk disk) throws IOException;
    }

    private final DomainStore domain;
    private final Workers workers;
    private final Opener opener;
    private final Map<String, BitSet> lost = new HashMap<>();

    /** Of a domain, for few of its points; what has to be read is read by {@code workers}. */
    public LostContent(DomainStore domain, Workers workers) {
        this(domain, workers, (top, disk) -> DiskChain.openAnyhow(domain, top, disk, new ArrayList<>()));
    }

    /** For many of its points. */
    LostContent(DomainStore domain, Workers workers, OpenChains chains) {
        this(domain, workers, chains::openAnyhow);
    }

    private LostContent(DomainStore domain, Workers workers, Opener opener) {
        this.domain = domain;
        this.workers = workers;
        this.opener = opener;
    }

    private static String key(String point, String target) {
        return point + "/" + target;
    }

    /** Somebody found out which blocks of a disk are wrong. */
    void found(Point point, ManifestDisk disk, BitSet blocks) {
        lost.put(key(point.id(), disk.target()), blocks);
    }

    /** Nothing is known of a point's disks any more. */
    void forget(Point point) {
        lost.keySet().removeIf(key -> key.startsWith(key(point.id(), "")));
    }

    /** Whether that has been found out already. */
    boolean isKnown(Point point, ManifestDisk disk) {
        return lost.containsKey(key(point.id(), disk.target()));
    }

    /** Which blocks a disk may have wrong because its parent has. */
    BitSet inherited(Point point, ManifestDisk disk) {
        if (disk.image() == null || disk.image().backing() == null) {
            return new BitSet();
        }
        if (domain.gone().contains(requireNonNull(point.manifest().parent()).point())) {
            // Nobody verifies points that are gone, so that nothing is known of what they have.
            return all(disk);
        }
        try {
            Point parent = DiskChain.parentOf(domain, point);
            return (BitSet) lost.getOrDefault(key(parent.id(), disk.target()), new BitSet())
                    .clone();
        } catch (DamagedException e) {
            LOG.debug("{} has lost what it builds on", point.folder(), e);
            return all(disk);
        }
    }

    /** All blocks of a disk. */
    static BitSet all(ManifestDisk disk) {
        BitSet all = new BitSet();
        all.set(0, (int) BlockTree.blocks(disk.virtualSize()));
        return all;
    }

    /**
     * Finds out which blocks of a disk are wrong.
     *
     * @param badInFile blocks of its image file that are wrong
     * @param doubtful whether any block may be wrong, since more than bytes of the image is
     */
    public BitSet find(Point point, ManifestDisk disk, BitSet badInFile, boolean doubtful) throws IOException {
        BitSet suspects = inherited(point, disk);
        BitSet wrong = new BitSet();
        if (doubtful || !badInFile.isEmpty() || !suspects.isEmpty()) {
            try (DiskChain chain = opener.open(point, disk);
                    ContentReader content = ContentReader.openAnyhow(chain)) {
                wrong = doubtful || !chain.top().hasDigests()
                        ? content.lost(all(disk), workers, BlockListener.NONE)
                        : ContentCheck.own(
                                content, chain, badInFile, suspects, new Prefix(0), workers, BlockListener.NONE);
            }
        }
        found(point, disk, wrong);
        return wrong;
    }

    /** The same of a disk whose own files are right. */
    private BitSet findInherited(Point point, ManifestDisk disk) throws IOException {
        BitSet suspects = inherited(point, disk);
        BitSet wrong = new BitSet();
        if (!suspects.isEmpty()) {
            try (DiskChain chain = opener.open(point, disk);
                    ContentReader content = ContentReader.openAnyhow(chain)) {
                wrong = content.lost(suspects, workers, BlockListener.NONE);
            }
        }
        found(point, disk, wrong);
        return wrong;
    }

    /**
     * Finds out which blocks are wrong in those points that build on what is known to be wrong, and returns a look at
     * each of them.
     */
    public List<Look> inChildren() throws IOException {
        List<Look> looks = new ArrayList<>();
        List<Point> points =
                domain.points(problem -> LOG.debug("its own trouble", problem)).points();
        int before;
        do {
            before = lost.size();
            for (Point point : points) {
                Look look = new Look(point);
                boolean news = false;
                for (ManifestDisk disk : point.manifest().disks()) {
                    if (hasKnownParent(point, disk)) {
                        look.disk(disk, findInherited(point, disk), false);
                        news = true;
                    }
                }
                if (news) {
                    looks.add(look);
                }
            }
            // A child may come first in the order, if a clock was set back.
        } while (lost.size() > before);
        return looks;
    }

    private boolean hasKnownParent(Point point, ManifestDisk disk) {
        return disk.image() != null
                && disk.image().backing() != null
                && !isKnown(point, disk)
                && lost.containsKey(
                        key(requireNonNull(point.manifest().parent()).point(), disk.target()));
    }
}
