// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

import dev.virtwire.image.ImageMemory;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.digest.ChainLeaves;
import dev.virtwire.repository.internal.digest.LeafMemory;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.FileStamp;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The chains of a domain's disks, for who looks at one point after the other, parents before children: what a chain has
 * in common with the one before it stays open. So a point costs the same however much it builds on. Not for two
 * threads; but several may read a chain.
 */
public final class OpenChains implements Closeable {
    /** The leaves of so much data are kept in memory, which is 16 MiB of leaves. */
    private static final long REMEMBERED = 512L << 30;

    private static final Logger LOG = LoggerFactory.getLogger(OpenChains.class);

    private final DomainStore domain;
    private final LeafMemory.Room room = new LeafMemory.Room(REMEMBERED);
    private final Map<String, Lineage> lineages = new HashMap<>();

    /** Of a domain. */
    public OpenChains(DomainStore domain) {
        this.domain = domain;
    }

    /**
     * As {@link DiskChain#open}. The chain may be used until another one of the same disk is opened here.
     *
     * @throws DamagedException if a point or a digest file in the chain is missing or damaged
     */
    public DiskChain open(Point top, ManifestDisk disk) throws IOException {
        return at(top, disk).right();
    }

    /** As {@link DiskChain#openAnyhow}. The chain may be used until another one of the same disk is opened here. */
    public DiskChain openAnyhow(Point top, ManifestDisk disk) throws IOException {
        return at(top, disk).anyhow();
    }

    private Lineage at(Point top, ManifestDisk disk) throws IOException {
        Lineage lineage = lineages.computeIfAbsent(disk.target(), target -> new Lineage());
        lineage.goTo(top, disk);
        return lineage;
    }

    /**
     * Whether the chain of that disk that was opened last is still the one that it was, so that what was read of it
     * counts. Only times and places of files are looked at.
     */
    public boolean isStill(String target) {
        Lineage lineage = lineages.get(target);
        return lineage == null || lineage.isStill();
    }

    /** The points may be other ones by now: nothing is believed that was read of them. */
    public void forget() throws IOException {
        try {
            close();
        } finally {
            lineages.clear();
        }
    }

    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (Lineage lineage : lineages.values()) {
            try {
                lineage.cut(0);
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private record Step(Point point, ManifestDisk part) {}

    /**
     * What changes whenever points are merged or removed, however soon that has ended: the record of a merge comes and
     * goes in the journal, points in the domain's folder.
     */
    private record Moment(
            @Nullable FileStamp folder, @Nullable FileStamp journal, Set<String> gone) {
        static Moment of(DomainStore domain) {
            return new Moment(
                    FileStamp.ofFolder(domain.folder()),
                    FileStamp.ofFolder(domain.journal().folder()),
                    domain.gone());
        }

        boolean isStill(Moment before) {
            return folder != null && journal != null && equals(before);
        }
    }

    /** One disk: the layers of the chain that was opened last, those that others build on first. */
    private final class Lineage {
        private final List<DiskLayer> layers = new ArrayList<>();
        private final List<LayerStamp> stamps = new ArrayList<>();
        private final Map<String, Integer> places = new HashMap<>();
        private ImageMemory memory = ImageMemory.ofChain();
        /** When all layers were seen to be what they were when they were opened. */
        private @Nullable Moment seen;

        private @Nullable DamagedException missing;
        private @Nullable LeafMemory leaves;
        /** Of how many layers the leaves are. */
        private int known;
        /** What {@link #doubts} said of them. */
        private int doubts;

        /** Whether there was no room for the leaves. */
        private boolean crowded;

        void goTo(Point top, ManifestDisk disk) throws IOException {
            Moment now = Moment.of(domain);
            if (seen == null || !now.isStill(seen)) {
                cut(still(now.gone()));
                seen = now;
            }
            Deque<Step> above = new ArrayDeque<>();
            Point point = top;
            ManifestDisk part = disk;
            DamagedException end = null;
            int common = 0;
            while (true) {
                Integer place = places.get(point.id());
                if (place != null && isOf(layers.get(place), point)) {
                    common = place + 1;
                    end = missing;
                    break;
                }
                above.push(new Step(point, part));
                if (part.image() == null || part.image().backing() == null) {
                    break;
                }
                try {
                    Point parent = DiskChain.parentOf(domain, point);
                    part = DiskChain.partOf(parent, part, point);
                    point = parent;
                } catch (DamagedException e) {
                    end = e;
                    break;
                }
            }
            cut(common);
            missing = end;
            for (Step step : above) {
                LayerStamp stamp = LayerStamp.of(step.point(), step.part());
                layers.add(DiskLayer.openAnyhow(
                        domain,
                        step.point(),
                        step.part(),
                        new ArrayList<>(),
                        now.gone().contains(step.point().id())));
                stamps.add(stamp);
                places.put(step.point().id(), layers.size() - 1);
            }
        }

        boolean isStill() {
            Moment now = Moment.of(domain);
            if (seen == null || now.isStill(seen)) {
                return true;
            }
            if (still(now.gone()) < layers.size()) {
                return false;
            }
            seen = now;
            return true;
        }

        /** How many layers, from the lowest on, are what they were when they were opened. */
        private int still(Set<String> gone) {
            for (int i = 0; i < layers.size(); i++) {
                DiskLayer layer = layers.get(i);
                if (layer.isChanging() != gone.contains(layer.point().id())
                        || !domain.seemsStill(layer.point())
                        || !LayerStamp.of(layer.point(), layer.disk()).equals(stamps.get(i))) {
                    return i;
                }
            }
            return layers.size();
        }

        private boolean isOf(DiskLayer layer, Point point) {
            return layer.point().manifestSha256().equals(point.manifestSha256());
        }

        /** Closes all layers but those first ones. */
        void cut(int left) throws IOException {
            if (known > left) {
                forgetLeaves();
            }
            List<DiskLayer> above = layers.subList(left, layers.size());
            List<DiskLayer> closed = List.copyOf(above);
            above.clear();
            stamps.subList(left, stamps.size()).clear();
            closed.forEach(layer -> places.remove(layer.point().id()));
            if (left == 0) {
                memory = ImageMemory.ofChain();
                crowded = false;
            }
            DiskChain.close(closed);
        }

        private void forgetLeaves() {
            if (leaves != null) {
                leaves.free();
                leaves = null;
            }
            known = 0;
            doubts = 0;
        }

        DiskChain right() throws IOException {
            if (missing != null) {
                throw missing;
            }
            List<DiskLayer> chain = topmostFirst();
            DamagedException wrong = DiskChain.wrong(chain);
            if (wrong != null) {
                throw wrong;
            }
            DiskChain right = DiskChain.of(chain, memory, leaves());
            right.check();
            return right;
        }

        DiskChain anyhow() throws IOException {
            List<DiskLayer> chain = topmostFirst();
            LeafMemory whole = null;
            if (missing == null && DiskChain.wrong(chain) == null) {
                try {
                    whole = leaves();
                } catch (DamagedException e) {
                    LOG.debug("the leaves of {} make no sense", chain.get(0).digestFile(), e);
                }
            }
            return DiskChain.of(chain, memory, whole);
        }

        private List<DiskLayer> topmostFirst() {
            List<DiskLayer> chain = new ArrayList<>(layers);
            Collections.reverse(chain);
            return chain;
        }

        /** What makes other leaves of those of the first layers: each one that is found wrong, or learnt. */
        private int doubts(int first) {
            int doubts = 0;
            for (DiskLayer layer : layers.subList(0, first)) {
                doubts += (layer.wrong() == null ? 0 : 1) + (layer.isLearnt() ? 1 : 0);
            }
            return doubts;
        }

        /** The leaves of the whole disk at the topmost layer, or null if there is no room for them. */
        private @Nullable LeafMemory leaves() throws IOException {
            int all = layers.size();
            if (doubts(known) != doubts) {
                forgetLeaves();
            }
            if (known == all || crowded) {
                return leaves;
            }
            try {
                if (leaves == null || known != all - 1) {
                    forgetLeaves();
                    leaves = LeafMemory.of(
                            ChainLeaves.of(topmostFirst().stream()
                                    .map(DiskLayer::content)
                                    .toList()),
                            room);
                } else if (!leaves.take(layers.get(all - 1).content())) {
                    forgetLeaves();
                }
                known = all;
                doubts = doubts(known);
                crowded = leaves == null;
                return leaves;
            } catch (IOException | RuntimeException e) {
                forgetLeaves();
                throw e;
            }
        }
    }
}
