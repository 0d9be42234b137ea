// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.verify;

import static java.util.Objects.requireNonNull;

import dev.virtwire.image.ImageChain;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.Qcow2Check;
import dev.virtwire.image.Qcow2Finding;
import dev.virtwire.image.ReplacedFileException;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.OperationCancelledException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.internal.chain.BlockListener;
import dev.virtwire.repository.internal.chain.ContentReader;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.chain.DiskLayer;
import dev.virtwire.repository.internal.chain.FileBlocks;
import dev.virtwire.repository.internal.chain.OpenChains;
import dev.virtwire.repository.internal.chain.Prefix;
import dev.virtwire.repository.internal.damage.ByteRange;
import dev.virtwire.repository.internal.damage.Look;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.SmallFiles;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.PointPaths;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.StoredImage;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verifies disks one after the other, parents before children. What is damaged in a disk's own files is a finding; what
 * of the disk's content is wrong by that, or by its parent's damage, goes into a {@link Look}.
 */
final class DiskVerifier implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(DiskVerifier.class);

    /** An image with more findings than that needs no further ones. */
    private static final int MAX_FINDINGS = 100;

    private final VerifyDepth depth;
    private final Workers workers;
    private final ProgressMeter meter;
    private final Map<Path, OpenChains> chains = new HashMap<>();
    private final Map<Path, LostContent> lost = new HashMap<>();
    private @Nullable Path openDomain;
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

    /** What is known of a domain's disks so far. */
    LostContent lost(DomainStore domain) {
        return lost.computeIfAbsent(domain.folder(), folder -> new LostContent(domain, workers, chains(domain)));
    }

    /** Those of one domain are open at a time; of another they are opened again. */
    private OpenChains chains(DomainStore domain) {
        if (!domain.folder().equals(openDomain)) {
            for (Map.Entry<Path, OpenChains> each : chains.entrySet()) {
                forget(each.getKey(), each.getValue());
            }
            openDomain = domain.folder();
        }
        return chains.computeIfAbsent(domain.folder(), folder -> new OpenChains(domain));
    }

    /** A point of the domain is another one than it was: what is open is opened again. */
    void forget(DomainStore domain) {
        forget(domain.folder(), chains(domain));
    }

    private static void forget(Path domain, OpenChains chains) {
        try {
            chains.forget();
        } catch (IOException e) {
            throw Problems.with("close", domain, e);
        }
    }

    @Override
    public void close() {
        for (OpenChains each : chains.values()) {
            try {
                each.close();
            } catch (IOException e) {
                LOG.debug("a file that was only read cannot be closed", e);
            }
        }
    }

    /**
     * Verifies a disk.
     *
     * @param progress what is known already and what becomes known, or null if that is of no interest
     * @param look gets what was found of the disk and its files
     * @return what is damaged in them
     */
    List<Finding> verify(
            DomainStore domain, Point point, ManifestDisk disk, @Nullable VerifyProgress progress, Look look) {
        left = amount(disk, depth);
        Path image = PointPaths.image(point, disk);
        Path digests = PointPaths.digests(point, disk);
        try {
            List<Finding> found = new Check(domain, point, disk, image, progress, look).run();
            if (!found.isEmpty() && haveMoved(point, disk, image, digests)) {
                throw new ReplacedFileException(image, null);
            }
            return found;
        } catch (OperationCancelledException e) {
            throw e;
        } catch (IOException | RepositoryException e) {
            Workers.refuseInterrupted();
            Throwable cause = haveMoved(point, disk, image, digests) ? new ReplacedFileException(image, e) : e;
            if (cause instanceof RepositoryException other) {
                throw other;
            }
            throw Problems.with("verify", image, (IOException) cause);
        } finally {
            meter.passed(left);
        }
    }

    /** Files move when another run ends a merge: what was looked for at their places before says nothing. */
    private static boolean haveMoved(Point point, ManifestDisk disk, Path image, Path digests) {
        return !image.equals(PointPaths.image(point, disk)) || !digests.equals(PointPaths.digests(point, disk));
    }

    private synchronized void passed(long bytes) {
        long now = Math.min(bytes, left);
        left -= now;
        meter.passed(now);
    }

    /** One disk. */
    private final class Check {
        private final DomainStore domain;
        private final Point point;
        private final ManifestDisk disk;
        private final StoredImage image;
        private final Path file;
        private final @Nullable VerifyProgress progress;
        private final Look look;
        private final List<Finding> found = new ArrayList<>();
        private BitSet badInFile = new BitSet();
        private boolean read;
        private boolean doubtful;

        Check(
                DomainStore domain,
                Point point,
                ManifestDisk disk,
                Path file,
                @Nullable VerifyProgress progress,
                Look look) {
            this.domain = domain;
            this.point = point;
            this.disk = disk;
            this.image = requireNonNull(disk.image());
            this.file = file;
            this.progress = progress;
            this.look = look;
        }

        List<Finding> run() throws IOException {
            attempt(() -> SmallFiles.requireSize(file, image.size()));
            VerifyProgress.DiskProgress known =
                    progress == null || doubtful ? null : progress.disk(point, disk, modified(file));
            if (known != null && known.verified() != null) {
                return List.of();
            }
            // What an earlier run read proves nothing against what was found since.
            boolean whole = depth != VerifyDepth.STRUCTURE
                    && (known == null
                            || (known.file().length() == 0 && known.content().length() == 0));
            digestsAndBytes(known == null ? new Prefix(0) : known.file());
            if (found.isEmpty()) {
                attempt(this::structure);
            }
            BitSet wrong = content(known == null ? new Prefix(0) : known.content());
            if (!chains(domain).isStill(disk.target())) {
                throw new ReplacedFileException(file, null);
            }
            if (badInFile.isEmpty()) {
                look.file(file, found, whole && read);
            } else {
                look.image(image, badInFile, "not the bytes that were written", whole);
            }
            look.disk(disk, wrong, whole);
            if (known != null && found.isEmpty() && wrong.isEmpty()) {
                known.setVerified();
            }
            return found;
        }

        private interface Step {
            void run() throws IOException;
        }

        /** Takes a step; if it finds damage in the point's own files, any block of the disk may be wrong. */
        private void attempt(Step step) throws IOException {
            int before = found.size();
            try {
                step.run();
            } catch (DamagedException e) {
                found.addAll(e.findings());
            } catch (ImageException e) {
                // A thread that is interrupted cannot read, which says nothing of the image.
                Workers.refuseInterrupted();
                if (Problems.saysNothingOfTheFile(e)) {
                    throw e;
                }
                found.add(DiskChain.finding(e));
            }
            doubtful |= found.subList(before, found.size()).stream()
                    .anyMatch(finding -> finding.file().startsWith(point.folder())
                            || finding.file().equals(file));
        }

        /** The digest file, and, unless only the structure counts, the bytes of the image. */
        private void digestsAndBytes(Prefix prefix) throws IOException {
            List<Finding> before = List.copyOf(found);
            attempt(() -> {
                try (DiskLayer layer = DiskLayer.open(domain, point, disk)) {
                    if (depth == VerifyDepth.STRUCTURE || doubtful) {
                        return;
                    }
                    passed(Math.min(prefix.length() * BlockTree.BLOCK, image.size()));
                    FileBlocks.Verdict verdict = FileBlocks.check(layer, new BitSet(), prefix, workers, this::moved);
                    read = true;
                    badInFile = verdict.bad();
                    found.addAll(verdict.findings());
                }
            });
            if (!badInFile.isEmpty()) {
                // Which blocks may be wrong is known then.
                doubtful = !before.isEmpty();
            }
            look.file(PointPaths.digests(point, disk), found, true);
        }

        /** The tables of the image, as {@code qemu-img check} would: whatever is right is what our writer made. */
        private void structure() throws IOException {
            Qcow2Check.check(file).findings().stream()
                    .limit(MAX_FINDINGS)
                    .map(this::finding)
                    .forEach(found::add);
        }

        private Finding finding(Qcow2Finding finding) {
            return new Finding(file, finding.fileOffset(), 1, finding.text());
        }

        /** What the guest would read: the blocks that are wrong. */
        private BitSet content(Prefix prefix) throws IOException {
            LostContent all = lost(domain);
            BitSet suspects = all.inherited(point, disk);
            boolean clean = found.isEmpty() && suspects.isEmpty();
            BitSet wrong = new BitSet();
            if (clean) {
                attempt(() -> wrong.or(ofCleanDisk(prefix)));
            }
            if (clean && found.isEmpty()) {
                all.found(point, disk, wrong);
                unexplained(wrong);
            } else if (clean && !doubtful && depth != VerifyDepth.STRUCTURE) {
                // Damage beneath, which took nothing from the parent: this disk is still read.
                wrong.or(overDamage());
                all.found(point, disk, wrong);
            } else {
                wrong.or(all.find(point, disk, badInFile, doubtful));
            }
            return wrong;
        }

        private BitSet ofCleanDisk(Prefix prefix) throws IOException {
            try (DiskChain chain = chains(domain).open(point, disk)) {
                if (depth == VerifyDepth.STRUCTURE) {
                    try (ImageChain images = chain.openImages()) {
                        return images.virtualSize() == disk.virtualSize() ? new BitSet() : LostContent.all(disk);
                    }
                }
                try (ContentReader content = ContentReader.open(chain)) {
                    return depth == VerifyDepth.FULL
                            ? ContentCheck.everything(content, prefix, workers, this::moved)
                            : ContentCheck.own(
                                    content,
                                    chain,
                                    new BitSet(),
                                    new BitSet(),
                                    prefix,
                                    workers,
                                    (index, length, good) -> save());
                }
            }
        }

        private BitSet overDamage() throws IOException {
            try (DiskChain chain = chains(domain).openAnyhow(point, disk);
                    ContentReader content = ContentReader.openAnyhow(chain)) {
                return depth == VerifyDepth.FULL || !chain.top().hasDigests()
                        ? content.lost(LostContent.all(disk), workers, this::moved)
                        : ContentCheck.own(
                                content, chain, new BitSet(), new BitSet(), new Prefix(0), workers, BlockListener.NONE);
            }
        }

        private void moved(long index, int length, boolean right) {
            meter.moved(length);
            passed(length);
            save();
        }

        /** Content that is wrong although every file is as it was written. */
        private void unexplained(BitSet wrong) {
            ByteRange.of(wrong, disk.virtualSize()).stream()
                    .limit(MAX_FINDINGS)
                    .map(range -> Finding.of(file, range + " of the disk are not what the guest had there"))
                    .forEach(found::add);
        }

        private void save() {
            if (progress != null) {
                progress.saveSometimes();
            }
        }
    }

    private static Instant modified(Path image) throws IOException {
        return Files.getLastModifiedTime(image, LinkOption.NOFOLLOW_LINKS).toInstant();
    }
}
