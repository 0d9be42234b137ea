// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

import static java.util.Objects.requireNonNull;

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
import dev.virtwire.repository.internal.store.PointPaths;
import dev.virtwire.repository.manifest.ContentDigest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.StoredFile;
import dev.virtwire.repository.manifest.StoredImage;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
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
    private final boolean sound;
    private final boolean changing;
    private @Nullable Boolean provesFile;
    private @Nullable ComputedLeaves computed;

    private DiskLayer(
            Point point,
            ManifestDisk disk,
            StoredImage image,
            @Nullable DigestFile digests,
            boolean sound,
            boolean changing) {
        this.point = point;
        this.disk = disk;
        this.image = image;
        this.digests = digests;
        this.sound = sound;
        this.changing = changing;
    }

    /**
     * Checks and opens a disk's digests.
     *
     * @param right digest files that were found right before, whose bytes need no second look
     * @throws DamagedException if they are damaged or do not fit the manifest
     */
    public static DiskLayer open(Point point, ManifestDisk disk, Set<Path> right) throws IOException {
        return open(point, disk, right, false);
    }

    /**
     * As the other.
     *
     * @param changing whether the point is gone, and its image may be on its way to become another's
     */
    static DiskLayer open(Point point, ManifestDisk disk, Set<Path> right, boolean changing) throws IOException {
        StoredImage image = disk.image();
        StoredFile stored = disk.digests();
        ContentDigest content = disk.content();
        if (image == null || stored == null || content == null) {
            throw new IllegalArgumentException(point.id() + " has no image of " + disk.target());
        }
        Path file = PointPaths.digests(point, disk);
        if (!right.contains(file)) {
            SmallFiles.require(requireNonNull(file.getParent()), stored);
        }
        DigestFile digests = DigestFile.open(file);
        boolean fits = digests.guestSize() == disk.virtualSize()
                && digests.imageSize() == image.size()
                && digests.contentRoot().equals(content.root())
                && digests.fileRoot().equals(image.blocksRoot());
        if (!fits) {
            digests.close();
            throw new DamagedException(
                    Finding.of(point.folder().resolve(Names.MANIFEST), "does not fit " + stored.file()));
        }
        return new DiskLayer(point, disk, image, digests, true, changing);
    }

    /**
     * As {@link #open}, whatever is wrong with the digest file: its leaves are believed as far as a root over them, or
     * the content that they fit, proves them. If it cannot be read at all, the layer has none.
     *
     * @param problems gets what is wrong
     * @param changing as for {@link #open}
     */
    static DiskLayer openAnyhow(Point point, ManifestDisk disk, List<Finding> problems, boolean changing)
            throws IOException {
        StoredImage image = disk.image();
        StoredFile stored = disk.digests();
        if (image == null || stored == null) {
            throw new IllegalArgumentException(point.id() + " has no image of " + disk.target());
        }
        Path file = PointPaths.digests(point, disk);
        boolean sound = true;
        try {
            SmallFiles.require(requireNonNull(file.getParent()), stored);
        } catch (DamagedException e) {
            problems.addAll(e.findings());
            sound = false;
        }
        return new DiskLayer(point, disk, image, readable(file, disk), sound, changing);
    }

    private static @Nullable DigestFile readable(Path file, ManifestDisk disk) throws IOException {
        DigestFile digests = null;
        try {
            digests = DigestFile.open(file);
            if (digests.guestSize() == disk.virtualSize() && digests.hasReadableContent()) {
                return digests;
            }
        } catch (DamagedException e) {
            LOG.debug("{} has no digests that can be read", file, e);
        } catch (IOException e) {
            if (Problems.saysNothingOfTheFile(e)) {
                throw e;
            }
            LOG.debug("{} cannot be read", file, e);
        }
        if (digests != null) {
            digests.close();
        }
        return null;
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

    /** Whether the digest file is the one that was written. */
    boolean isSound() {
        return sound;
    }

    /** These are the leaves of the disk, whatever the digest file says. */
    void believe(ComputedLeaves leaves) {
        computed = leaves;
    }

    /** The leaves of the disk, or what stands for those that are lost. */
    Leaves content() {
        if (computed != null) {
            return computed.leaves();
        }
        return digests == null ? new UnknownLeaves(BlockTree.blocks(disk.virtualSize())) : digests.content();
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
    public void close() throws IOException {
        if (digests != null) {
            digests.close();
        }
    }
}
