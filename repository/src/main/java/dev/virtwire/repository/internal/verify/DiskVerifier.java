// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.verify;

import static java.util.Objects.requireNonNull;

import dev.virtwire.image.ImageChain;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.Qcow2Check;
import dev.virtwire.image.Qcow2Finding;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.chain.DiskLayer;
import dev.virtwire.repository.internal.chain.FileBlocks;
import dev.virtwire.repository.internal.chain.Prefix;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.SmallFiles;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.StoredImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Verifies disks one after the other, parents before children, and remembers which images are damaged. */
final class DiskVerifier {
    /** An image with more findings than that needs no further ones. */
    private static final int MAX_FINDINGS = 100;

    private final VerifyDepth depth;
    private final Workers workers;
    private final ProgressMeter meter;
    private final Set<Path> damaged = new HashSet<>();
    private final Set<Path> rightDigests = new HashSet<>();
    private long left;

    DiskVerifier(VerifyDepth depth, Workers workers, ProgressMeter meter) {
        this.depth = depth;
        this.workers = workers;
        this.meter = meter;
    }

    /** How much of the progress a disk is. */
    static long amount(ManifestDisk disk, VerifyDepth depth) {
        StoredImage image = disk.image();
        return image == null ? 0 : image.size() + (depth == VerifyDepth.FULL ? disk.virtualSize() : 0);
    }

    /**
     * Verifies a disk.
     *
     * @param progress what is known already and what becomes known, or null if that is of no interest
     * @return what is damaged
     */
    List<Finding> verify(DomainStore domain, Point point, ManifestDisk disk, @Nullable VerifyProgress progress) {
        left = amount(disk, depth);
        Path image = point.folder().resolve(requireNonNull(disk.image()).file());
        List<Finding> findings = check(domain, point, disk, image, progress);
        if (!findings.isEmpty()) {
            damaged.add(image);
        }
        meter.passed(left);
        return findings;
    }

    private List<Finding> check(
            DomainStore domain, Point point, ManifestDisk disk, Path image, @Nullable VerifyProgress progress) {
        try {
            SmallFiles.requireSize(image, requireNonNull(disk.image()).size());
            VerifyProgress.DiskProgress known = progress == null ? null : progress.disk(point, disk, modified(image));
            if (known != null && known.verified() != null) {
                return List.of();
            }
            Prefix file = known == null ? new Prefix(0) : known.file();
            List<Finding> bytes = bytes(point, disk, file, progress);
            if (!bytes.isEmpty()) {
                return bytes;
            }
            List<Finding> structure = structure(image);
            if (!structure.isEmpty()) {
                return structure;
            }
            if (content(domain, point, disk, known == null ? new Prefix(0) : known.content(), progress)
                    && known != null) {
                known.setVerified();
            }
            return List.of();
        } catch (DamagedException e) {
            return e.findings();
        } catch (ImageException e) {
            // A thread that is interrupted cannot read, which says nothing of the image.
            Workers.refuseInterrupted();
            if (e.isReplaced()) {
                throw Problems.with("verify", image, e);
            }
            return List.of(DiskChain.finding(e));
        } catch (IOException e) {
            Workers.refuseInterrupted();
            throw Problems.with("verify", image, e);
        }
    }

    private static Instant modified(Path image) throws IOException {
        return Files.getLastModifiedTime(image, LinkOption.NOFOLLOW_LINKS).toInstant();
    }

    /** The digest file, and, unless only the structure counts, the bytes of the image. */
    private List<Finding> bytes(Point point, ManifestDisk disk, Prefix prefix, @Nullable VerifyProgress progress)
            throws IOException {
        try (DiskLayer layer = DiskLayer.open(point, disk, rightDigests)) {
            if (depth == VerifyDepth.STRUCTURE) {
                return List.of();
            }
            passed(Math.min(prefix.length() * BlockTree.BLOCK, layer.image().size()));
            return FileBlocks.check(layer, new BitSet(), prefix, workers, (index, length, good) -> {
                meter.moved(length);
                passed(length);
                save(progress);
            });
        }
    }

    /** The tables of the image, as {@code qemu-img check} would: whatever is right is what our writer made. */
    private static List<Finding> structure(Path image) throws ImageException {
        return Qcow2Check.check(image).findings().stream()
                .limit(MAX_FINDINGS)
                .map(finding -> finding(image, finding))
                .toList();
    }

    private static Finding finding(Path image, Qcow2Finding finding) {
        return new Finding(image, finding.fileOffset(), 1, finding.text());
    }

    /**
     * What the guest would read; if a parent is damaged, that is known to be wrong, and not looked at.
     *
     * @return whether it was looked at
     */
    private boolean content(
            DomainStore domain, Point point, ManifestDisk disk, Prefix prefix, @Nullable VerifyProgress progress)
            throws IOException {
        try (DiskChain chain = DiskChain.open(domain, point, disk, rightDigests)) {
            if (chain.layers().stream().anyMatch(layer -> damaged.contains(layer.file()))) {
                return false;
            }
            if (depth == VerifyDepth.STRUCTURE) {
                try (ImageChain images = chain.openImages()) {
                    return images.virtualSize() == disk.virtualSize();
                }
            }
            boolean full = depth == VerifyDepth.FULL;
            ContentCheck.run(chain, full, prefix, workers, (index, length, good) -> {
                if (full) {
                    meter.moved(length);
                    passed(length);
                }
                save(progress);
            });
            return true;
        }
    }

    private synchronized void passed(long bytes) {
        long now = Math.min(bytes, left);
        left -= now;
        meter.passed(now);
    }

    private static void save(@Nullable VerifyProgress progress) {
        if (progress != null) {
            progress.saveSometimes();
        }
    }
}
