// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

import static java.util.Objects.requireNonNull;

import dev.virtwire.image.ImageMemory;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.ComputedLeaves;
import dev.virtwire.repository.internal.digest.DigestFile;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.digest.UnknownLeaves;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.SmallFiles;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.PointPaths;
import dev.virtwire.repository.manifest.ContentDigest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.StoredFile;
import dev.virtwire.repository.manifest.StoredImage;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One disk of one point: its image and its digests, the latter found right and open. */
public final class DiskLayer implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(DiskLayer.class);

    private final Point point;
    private final ManifestDisk disk;
    private final StoredImage image;
    private final @Nullable DigestFile digests;
    private final boolean changing;
    private @Nullable DamagedException wrong;
    private boolean checked;
    private @Nullable Boolean provesFile;
    private @Nullable Qcow2Reader reader;
    private @Nullable ComputedLeaves computed;
    private boolean tried;

    private DiskLayer(
            Point point,
            ManifestDisk disk,
            @Nullable DigestFile digests,
            boolean changing,
            @Nullable DamagedException wrong) {
        this.point = point;
        this.disk = disk;
        this.image = requireNonNull(disk.image());
        this.digests = digests;
        this.changing = changing;
        this.wrong = wrong;
    }

    /**
     * Checks and opens a disk's digests.
     *
     * @throws DamagedException if they are damaged or do not fit the manifest
     */
    public static DiskLayer open(DomainStore domain, Point point, ManifestDisk disk) throws IOException {
        return open(domain, point, disk, false);
    }

    /**
     * As the other.
     *
     * @param changing whether the point is gone, and its image may be on its way to become another's
     */
    static DiskLayer open(DomainStore domain, Point point, ManifestDisk disk, boolean changing) throws IOException {
        StoredFile stored = stored(point, disk);
        domain.require(PointPaths.digests(point, disk), stored);
        return new DiskLayer(point, disk, fitting(point, disk, stored), changing, null);
    }

    private static StoredFile stored(Point point, ManifestDisk disk) {
        StoredFile stored = disk.digests();
        if (disk.image() == null || stored == null) {
            throw new IllegalArgumentException(point.id() + " has no image of " + disk.target());
        }
        return stored;
    }

    private static DigestFile fitting(Point point, ManifestDisk disk, StoredFile stored) throws IOException {
        StoredImage image = requireNonNull(disk.image());
        DigestFile digests = DigestFile.open(PointPaths.digests(point, disk));
        ContentDigest content = disk.content();
        boolean fits = content != null
                && digests.guestSize() == disk.virtualSize()
                && digests.imageSize() == image.size()
                && digests.contentRoot().equals(content.root())
                && digests.fileRoot().equals(image.blocksRoot());
        if (!fits) {
            digests.close();
            throw new DamagedException(
                    Finding.of(point.folder().resolve(Names.MANIFEST), "does not fit " + stored.file()));
        }
        return digests;
    }

    /**
     * As {@link #open}, whatever is wrong with the digest file: its leaves are believed as far as a root over them, or
     * the content that they fit, proves them. If it cannot be read at all, the layer has none.
     *
     * @param problems gets what is wrong with the file's bytes
     * @param changing as for {@link #open}
     */
    static DiskLayer openAnyhow(
            DomainStore domain, Point point, ManifestDisk disk, List<Finding> problems, boolean changing)
            throws IOException {
        StoredFile stored = stored(point, disk);
        Path file = PointPaths.digests(point, disk);
        DamagedException wrong;
        try {
            domain.require(file, stored);
            try {
                fitting(point, disk, stored).close();
                DigestFile digests = readable(file, disk);
                if (digests != null) {
                    return new DiskLayer(point, disk, digests, changing, null);
                }
                wrong = new DamagedException(Finding.of(file, "its runs of leaves make no sense"));
            } catch (DamagedException e) {
                wrong = e;
            } catch (IOException e) {
                wrong = damage(file, e);
            }
        } catch (DamagedException e) {
            problems.addAll(e.findings());
            wrong = e;
        }
        return new DiskLayer(point, disk, readable(file, disk), changing, wrong);
    }

    private static DamagedException damage(Path file, IOException e) throws IOException {
        if (Problems.saysNothingOfTheFile(e)) {
            throw e;
        }
        return new DamagedException(Finding.of(file, "cannot be read: " + Problems.reason(e)));
    }

    private static @Nullable DigestFile readable(Path file, ManifestDisk disk) throws IOException {
        DigestFile digests = null;
        boolean readable = false;
        try {
            digests = DigestFile.open(file);
            readable = digests.guestSize() == disk.virtualSize() && digests.hasReadableContent();
        } catch (DamagedException e) {
            LOG.debug("{} has no digests that can be read", file, e);
        } catch (IOException e) {
            if (Problems.saysNothingOfTheFile(e)) {
                throw e;
            }
            LOG.debug("{} cannot be read", file, e);
        } finally {
            if (digests != null && !readable) {
                digests.close();
            }
        }
        return readable ? digests : null;
    }

    /** Whether there are digests: only of a chain that was opened whatever is wrong with it they may be lost. */
    public boolean hasDigests() {
        return digests != null;
    }

    /** Whether there are digests of the image file that the manifest's root proves. */
    public synchronized boolean provesFile() throws IOException {
        if (provesFile == null) {
            provesFile = digests != null && digests.provesFile(image.blocksRoot());
        }
        return provesFile;
    }

    /** Whether nobody has tried to find out its leaves by other means than its digest file. */
    boolean isToBeLearnt() {
        return !tried;
    }

    /** These are the leaves of the disk, whatever the digest file says; null if they could not be found out. */
    void learn(@Nullable ComputedLeaves leaves) {
        tried = true;
        computed = leaves;
    }

    /** Whether its leaves were found out. */
    boolean isLearnt() {
        return computed != null;
    }

    /** The leaves of the disk, or what stands for those that are lost. */
    public Leaves content() {
        if (computed != null) {
            return computed.leaves();
        }
        return digests == null ? new UnknownLeaves(BlockTree.blocks(disk.virtualSize())) : digests.content();
    }

    /** Why its digest file must not be believed, or null if nothing is known against it. */
    public @Nullable DamagedException wrong() {
        return wrong;
    }

    /**
     * Computes what the digest file says of itself from its leaves, once.
     *
     * @param whole the leaves of the whole disk, if the root over them is to be computed too
     * @throws DamagedException if it is not so
     */
    void check(@Nullable Leaves whole) throws IOException {
        if (checked) {
            return;
        }
        try {
            if (whole == null) {
                digests().checkRuns();
            } else {
                digests().check(whole);
            }
            checked = true;
        } catch (DamagedException e) {
            wrong = e;
            throw e;
        }
    }

    /** Whether {@link #check} has found it right. */
    boolean isChecked() {
        return checked;
    }

    /**
     * The image, which stays open until this is closed.
     *
     * @param memory what all images of the chain share
     * @throws DamagedException if the image does not say of itself what the manifest says
     */
    synchronized Qcow2Reader reader(ImageMemory memory) throws IOException {
        if (reader == null) {
            Qcow2Reader opened = Qcow2Reader.open(file(), memory);
            try {
                DiskChain.requireAgreement(this, opened);
            } catch (RuntimeException e) {
                opened.close();
                throw e;
            }
            reader = opened;
        }
        return reader;
    }

    /** The point that it is of. */
    public Point point() {
        return point;
    }

    /**
     * Whether the image may be on its way to become that of another point. What layers above it do not have of the disk
     * reads as before; the file's bytes, size and digests say nothing meanwhile.
     */
    public boolean isChanging() {
        return changing;
    }

    /** What the manifest says of the disk. */
    public ManifestDisk disk() {
        return disk;
    }

    /** What the manifest says of the image. */
    public StoredImage image() {
        return image;
    }

    /** The image. */
    public Path file() {
        return PointPaths.image(point, disk);
    }

    /** The file with the digests. */
    public Path digestFile() {
        return PointPaths.digests(point, disk);
    }

    /**
     * Compares the image file's size.
     *
     * @throws DamagedException if it is missing or of another size
     */
    public void requireSize() {
        SmallFiles.requireSize(file(), image.size());
    }

    /** The digests of the disk and of the image file. */
    public DigestFile digests() {
        if (digests == null) {
            throw new IllegalStateException(digestFile() + " cannot be read");
        }
        return digests;
    }

    @Override
    public synchronized void close() throws IOException {
        try {
            if (reader != null) {
                reader.close();
            }
        } finally {
            if (digests != null) {
                digests.close();
            }
        }
    }
}
