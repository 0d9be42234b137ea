// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

import dev.virtwire.image.BackingFile;
import dev.virtwire.image.ImageChain;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.ImageMemory;
import dev.virtwire.image.ImageReader;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.damage.DamageRecord;
import dev.virtwire.repository.internal.digest.ChainLeaves;
import dev.virtwire.repository.internal.digest.DigestFile;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.digest.LeafMemory;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.SmallFiles;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.PointPaths;
import dev.virtwire.repository.manifest.ContentDigest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.ParentLink;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A disk of a point with all that it builds on, topmost first, as the manifests link it: what the images say of their
 * backing files has to agree. Every digest file in it was found right.
 */
public final class DiskChain implements Closeable {
    private final List<DiskLayer> layers;
    private final @Nullable ImageMemory shared;
    private final @Nullable LeafMemory known;

    private DiskChain(List<DiskLayer> layers) {
        this(layers, null, null);
    }

    private DiskChain(List<DiskLayer> layers, @Nullable ImageMemory shared, @Nullable LeafMemory known) {
        this.layers = List.copyOf(layers);
        this.shared = shared;
        this.known = known;
    }

    /**
     * A chain of layers that somebody else closes, with their images.
     *
     * @param shared the images' memory
     * @param known the leaves of the topmost disk, or null if they have to be read
     */
    static DiskChain of(List<DiskLayer> layers, ImageMemory shared, @Nullable LeafMemory known) {
        return new DiskChain(layers, shared, known);
    }

    /**
     * Opens the digests of a disk and of its parents.
     *
     * @throws DamagedException if a point or a digest file in the chain is missing or damaged
     */
    public static DiskChain open(DomainStore domain, Point top, ManifestDisk disk) throws IOException {
        DiskChain chain = openFiles(domain, top, disk);
        try {
            chain.check();
            return chain;
        } catch (IOException | RuntimeException e) {
            closeAll(chain.layers, e);
            throw e;
        }
    }

    /**
     * Computes what the digest files, whose bytes are those that were written, say of themselves.
     *
     * @throws DamagedException if one is wrong
     */
    void check() throws IOException {
        if (top().isLearnt()) {
            return;
        }
        // The root of the topmost one proves the leaves that it inherits, so that the roots of those beneath it need
        // not be computed, each over the whole disk.
        for (DiskLayer layer : layers) {
            if (layer.isLearnt()) {
                break;
            }
            if (layer != top()) {
                layer.check(null);
            }
        }
        if (!top().isChecked()) {
            top().check(leaves());
        }
    }

    /**
     * Why the leaves of the topmost disk cannot be believed as the digest files, and what was learnt, give them; null
     * if they can. What is beneath a layer whose leaves were learnt does not matter: they are those of the whole disk.
     *
     * @param layers topmost first
     */
    static @Nullable DamagedException wrong(List<DiskLayer> layers) {
        for (DiskLayer layer : layers) {
            if (layer.isLearnt()) {
                return null;
            }
            DamagedException wrong = layer.wrong();
            if (wrong != null) {
                return wrong;
            }
        }
        return null;
    }

    /**
     * As {@link #open(DomainStore, Point, ManifestDisk)}, without computing a root from the leaves: every digest file
     * is the one that was written, and every image has its size. That is enough for who builds on the disk, and costs
     * the same for every size of it.
     *
     * @throws DamagedException if a point, a digest file or an image in the chain is missing or damaged
     */
    public static DiskChain openToBuildOn(DomainStore domain, Point top, ManifestDisk disk) throws IOException {
        DiskChain chain = openFiles(domain, top, disk);
        try {
            for (DiskLayer layer : chain.layers) {
                if (!layer.isChanging()) {
                    SmallFiles.requireSize(layer.file(), layer.image().size());
                }
            }
            return chain;
        } catch (RuntimeException e) {
            closeAll(chain.layers, e);
            throw e;
        }
    }

    /**
     * Opens a disk whatever is wrong in its chain, for who tries each block by itself. If a parent is missing, the
     * chain ends there.
     *
     * @param problems gets what is wrong with digest files and parents
     */
    public static DiskChain openAnyhow(DomainStore domain, Point top, ManifestDisk disk, List<Finding> problems)
            throws IOException {
        return walk(
                domain,
                top,
                disk,
                (point, part, changing) -> DiskLayer.openAnyhow(domain, point, part, problems, changing),
                missing -> problems.addAll(missing.findings()));
    }

    /**
     * As {@link #open}, also if digest files are damaged, but the images prove by the root of that point what stood in
     * them. The data in each such image is read then.
     *
     * @throws DamagedException if anything else is damaged
     */
    public static DiskChain openProvable(DomainStore domain, Point top, ManifestDisk disk) throws IOException {
        try {
            return open(domain, top, disk);
        } catch (DamagedException e) {
            List<Finding> problems = new ArrayList<>();
            DiskChain chain = openAnyhow(domain, top, disk, problems);
            try {
                chain.learnLeaves();
                if (chain.layers.stream().allMatch(layer -> layer.wrong() == null || layer.isLearnt())) {
                    return chain;
                }
            } catch (IOException | RuntimeException further) {
                closeAll(chain.layers, further);
                throw further;
            }
            closeAll(chain.layers, e);
            throw e;
        }
    }

    /** Whether the leaves of the topmost disk are all known, and have the root that its manifest names. */
    boolean provesContent() throws IOException {
        ContentDigest content = top().disk().content();
        Leaves leaves = leaves();
        for (long index = 0; index < leaves.count(); index = leaves.end()) {
            leaves.seek(index);
            if (leaves.kind() == LeafKind.INHERITED) {
                return false;
            }
        }
        return content != null && DigestFile.rootOf(leaves()).equals(content.root());
    }

    /**
     * Finds out the leaves that damaged digest files do not give, as far as a root proves them. They are believed as
     * long as their layer is open. What the images with such a file hold is read, once.
     *
     * @return whether any leaves are learnt
     */
    boolean learnLeaves() throws IOException {
        if (layers.get(layers.size() - 1).image().backing() != null) {
            return false;
        }
        new LeafSearch(layers, this::openImagesAnyhow).run();
        return layers.stream().anyMatch(DiskLayer::isLearnt);
    }

    private static DiskChain openFiles(DomainStore domain, Point top, ManifestDisk disk) throws IOException {
        return walk(
                domain,
                top,
                disk,
                (point, part, changing) -> DiskLayer.open(domain, point, part, changing),
                missing -> {
                    throw missing;
                });
    }

    /** Opens a disk of a point. */
    @FunctionalInterface
    private interface Opener {
        /** The disk {@code part} of {@code point}; see {@link DiskLayer#isChanging}. */
        DiskLayer open(Point point, ManifestDisk part, boolean changing) throws IOException;
    }

    /** Follows the manifests' links; if {@code missing} throws nothing, a chain ends where a parent is missing. */
    private static DiskChain walk(
            DomainStore domain, Point top, ManifestDisk disk, Opener opener, Consumer<DamagedException> missing)
            throws IOException {
        List<DiskLayer> layers = new ArrayList<>();
        Set<String> gone = domain.gone();
        try {
            Point point = top;
            ManifestDisk part = disk;
            while (true) {
                layers.add(opener.open(point, part, gone.contains(point.id())));
                if (part.image() == null || part.image().backing() == null) {
                    return new DiskChain(layers);
                }
                try {
                    Point parent = parentOf(domain, point);
                    part = partOf(parent, part, point);
                    point = parent;
                } catch (DamagedException e) {
                    missing.accept(e);
                    return new DiskChain(layers);
                }
            }
        } catch (IOException | RuntimeException e) {
            closeAll(layers, e);
            throw e;
        }
    }

    /**
     * How many bytes the image of a disk and all that it builds on have together.
     *
     * @throws DamagedException if a point in the chain is missing or damaged
     */
    public static long fileSizes(DomainStore domain, Point top, ManifestDisk disk) {
        long sum = 0;
        Point point = top;
        ManifestDisk part = disk;
        while (part.image() != null) {
            sum += part.image().size();
            if (part.image().backing() == null) {
                break;
            }
            Point parent = parentOf(domain, point);
            part = partOf(parent, part, point);
            point = parent;
        }
        return sum;
    }

    /**
     * The parent of a point, which has to be the very one that the point was made on.
     *
     * @throws DamagedException if it is missing, damaged or another
     */
    public static Point parentOf(DomainStore domain, Point child) {
        ParentLink link = child.manifest().parent();
        if (link == null) {
            throw new IllegalArgumentException(child.id() + " has no parent");
        }
        if (!domain.hasFolder(link.point())) {
            throw new DamagedException(Finding.of(
                    child.folder().resolveSibling(link.point()), "is missing, and " + child.id() + " builds on it"));
        }
        Point parent = domain.layer(link.point());
        if (!parent.isMeantBy(link.manifestSha256())) {
            throw new DamagedException(Finding.of(
                    parent.folder().resolve(Names.MANIFEST), "is not the one that " + child.id() + " builds on"));
        }
        return parent;
    }

    /**
     * A last look at what a point builds on, which was chosen a while ago: nobody must have taken it away meanwhile.
     *
     * @param targets the disks that build on it
     * @throws DamagedException if the parent or an image of it is not there any more, or is another one
     */
    public static void requireStillThere(DomainStore domain, Point parent, String child, Set<String> targets) {
        if (!domain.hasPoint(parent.id()) || !domain.point(parent.id()).isMeantBy(parent.manifestSha256())) {
            throw new DamagedException(
                    Finding.of(parent.folder(), "is gone or is another point now, and " + child + " builds on it"));
        }
        DamageRecord known = DamageRecord.of(domain);
        for (ManifestDisk disk : parent.manifest().disks()) {
            if (disk.image() != null && targets.contains(disk.target())) {
                String problem = known.problem(parent, disk.target());
                if (problem != null) {
                    throw new DamagedException(
                            Finding.of(parent.folder(), problem + ", and " + child + " builds on it"));
                }
                SmallFiles.requireSize(
                        PointPaths.image(parent, disk), disk.image().size());
            }
        }
    }

    static ManifestDisk partOf(Point parent, ManifestDisk disk, Point child) {
        ManifestDisk part = parent.manifest().disk(disk.target());
        if (part == null || part.image() == null || part.virtualSize() != disk.virtualSize()) {
            throw new DamagedException(Finding.of(
                    parent.folder().resolve(Names.MANIFEST),
                    "has no disk " + disk.target() + " of " + disk.virtualSize() + " bytes, and " + child.id()
                            + " builds on it"));
        }
        return part;
    }

    /**
     * The damage that it is if an image cannot be read.
     *
     * @throws ImageException if that says nothing of the file
     */
    public static DamagedException damage(ImageException e) throws ImageException {
        if (Problems.saysNothingOfTheFile(e)) {
            throw e;
        }
        return new DamagedException(finding(e));
    }

    /** What an image that cannot be read means where its reading should work. */
    public static Finding finding(ImageException e) {
        return e.fileOffset() == ImageException.NO_OFFSET
                ? Finding.of(e.file(), String.valueOf(e.getMessage()))
                : new Finding(e.file(), e.fileOffset(), 1, String.valueOf(e.getMessage()));
    }

    /** The layers, topmost first. */
    public List<DiskLayer> layers() {
        return layers;
    }

    /** The topmost layer. */
    public DiskLayer top() {
        return layers.get(0);
    }

    /** The leaves of the whole disk at the topmost point. */
    public Leaves leaves() {
        return known != null
                ? known.leaves()
                : ChainLeaves.of(layers.stream().map(DiskLayer::content).toList());
    }

    /**
     * Opens the images, to read the disk as the guest would.
     *
     * @throws DamagedException if an image does not say of itself what the manifest says
     */
    public ImageChain openImages() throws IOException {
        if (shared == null) {
            return openImages(layers);
        }
        List<Qcow2Reader> readers = new ArrayList<>();
        for (DiskLayer layer : layers) {
            readers.add(layer.reader(shared));
        }
        return ImageChain.borrowing(readers);
    }

    /** As {@link #openImages()}, whatever is wrong with an image: whoever needs anything of it gets the reason. */
    ImageChain openImagesAnyhow() throws IOException {
        return openImagesAnyhow(layers);
    }

    private ImageChain openImagesAnyhow(List<DiskLayer> part) throws IOException {
        List<ImageReader> readers = new ArrayList<>();
        ImageMemory memory = shared == null ? ImageMemory.ofChain() : shared;
        for (DiskLayer layer : part) {
            readers.add(readAnyhow(layer, memory));
        }
        // The layers close them.
        return ImageChain.borrowing(readers);
    }

    private static ImageReader readAnyhow(DiskLayer layer, ImageMemory memory) throws IOException {
        String reason;
        try {
            return layer.reader(memory);
        } catch (ImageException e) {
            if (Problems.saysNothingOfTheFile(e)) {
                throw e;
            }
            reason = e.text();
        } catch (DamagedException e) {
            reason = e.findings().get(0).message();
        }
        return new UnreadableImage(layer.file(), layer.disk().virtualSize(), reason);
    }

    /**
     * Opens the images of consecutive layers of a chain. If the last one has an image beneath it, what only that has
     * reads as zeros.
     *
     * @throws DamagedException if an image does not say of itself what the manifest says
     */
    public static ImageChain openImages(List<DiskLayer> layers) throws IOException {
        return imagesOf(layers, layers.stream().map(DiskLayer::file).toList());
    }

    /**
     * Opens copies of the images, topmost first.
     *
     * @throws DamagedException if one does not say of itself what the manifest says
     */
    public ImageChain openCopies(List<Path> copies) throws IOException {
        return imagesOf(layers, copies);
    }

    private static ImageChain imagesOf(List<DiskLayer> layers, List<Path> files) throws IOException {
        List<Qcow2Reader> readers = new ArrayList<>();
        ImageMemory memory = ImageMemory.ofChain();
        try {
            for (int i = 0; i < layers.size(); i++) {
                Qcow2Reader reader = Qcow2Reader.open(files.get(i), memory);
                readers.add(reader);
                requireAgreement(layers.get(i), reader);
            }
            return ImageChain.of(readers);
        } catch (IOException | RuntimeException e) {
            closeAll(readers, e);
            throw e;
        }
    }

    /**
     * Whether all points of the chain are still what they were when it was opened: a prune may have merged some of
     * them meanwhile. Then nothing that was found wrong says anything.
     */
    public boolean isStill(DomainStore domain) {
        Set<String> gone = domain.gone();
        for (DiskLayer layer : layers) {
            if (layer.isChanging() != gone.contains(layer.point().id()) || !domain.isStill(layer.point())) {
                return false;
            }
        }
        return true;
    }

    static void requireAgreement(DiskLayer layer, Qcow2Reader reader) {
        @Nullable String backing = reader.backing().map(BackingFile::name).orElse(null);
        String expected = layer.image().backing();
        if (reader.virtualSize() != layer.disk().virtualSize()
                || (backing == null ? expected != null : !backing.equals(expected))) {
            throw new DamagedException(Finding.of(
                    layer.file(),
                    "is a disk of " + reader.virtualSize() + " bytes over " + backing + "; the manifest says "
                            + layer.disk().virtualSize() + " bytes over " + expected));
        }
    }

    private static void closeAll(List<? extends Closeable> resources, Exception cause) {
        for (Closeable resource : resources) {
            try {
                resource.close();
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (shared == null) {
            close(layers);
        }
    }

    static void close(List<DiskLayer> layers) throws IOException {
        IOException failure = null;
        for (DiskLayer layer : layers) {
            try {
                layer.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
