// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import dev.virtwire.image.ReplacedFileException;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.LostRange;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.chain.BlockListener;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.chain.DiskLayer;
import dev.virtwire.repository.internal.chain.FileBlocks;
import dev.virtwire.repository.internal.chain.Prefix;
import dev.virtwire.repository.internal.damage.ByteRange;
import dev.virtwire.repository.internal.damage.DamageRecord;
import dev.virtwire.repository.internal.damage.Look;
import dev.virtwire.repository.internal.format.SmallFiles;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.verify.LostContent;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.StoredFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a restore finds damaged in the repository, and what of its disks is lost by that. It is written down as a
 * verification does: with all points that it takes something from.
 */
public final class Losses {
    private static final String FOUND_BY = "restore";

    private final DomainStore domain;
    private final boolean salvage;
    private final Set<Finding> damage = new LinkedHashSet<>();
    private final List<LostRange> lost = new ArrayList<>();
    private final Set<Notice> notices = new LinkedHashSet<>();

    /**
     * Of a restore from this domain.
     *
     * @param salvage whether what is lost ends no restore
     */
    public Losses(DomainStore domain, boolean salvage) {
        this.domain = domain;
        this.salvage = salvage;
    }

    /** Whether what is lost ends no restore. */
    boolean salvages() {
        return salvage;
    }

    /** What is damaged in the repository's files. */
    public List<Finding> damage() {
        return List.copyOf(damage);
    }

    /** What of the disks is zeros because it is lost. */
    public List<LostRange> lost() {
        return List.copyOf(lost);
    }

    /** What else the user should know. */
    public List<Notice> notices() {
        return List.copyOf(notices);
    }

    /** These blocks of a disk could not be given. */
    void lost(ManifestDisk disk, BitSet blocks) {
        ByteRange.of(blocks, disk.virtualSize())
                .forEach(range -> lost.add(new LostRange(disk.target(), range.offset(), range.length())));
    }

    /** A small file is damaged and left out. */
    public void leftOut(Point point, String file, List<Finding> findings) {
        damage.addAll(findings);
        notices.add(Notice.warning(file + " is damaged and is left out"));
        Look look = new Look(point);
        look.file(point.folder().resolve(file), findings, true);
        write(List.of(look));
    }

    /**
     * Reads the files of a chain, and writes down what is damaged in them and what that takes from which points.
     *
     * @param problems what is known to be wrong with digest files and parents
     * @param seen of each layer the blocks of the image file that were found right already
     * @param wrong whether the content of the topmost disk was found wrong
     * @return what is damaged
     */
    List<Finding> check(DiskChain chain, List<Finding> problems, List<BitSet> seen, boolean wrong, Workers workers)
            throws IOException {
        List<Damaged> damaged = new ArrayList<>();
        Set<Finding> found = new LinkedHashSet<>(problems);
        for (int i = chain.layers().size() - 1; i >= 0; i--) {
            DiskLayer layer = chain.layers().get(i);
            Damaged each = check(layer, problems, seen.get(i), workers);
            found.addAll(each.findings);
            damaged.add(each);
        }
        if ((wrong || !found.isEmpty()) && !chain.isStill(domain)) {
            if (wrong) {
                throw changed(chain, null);
            }
            // The files are others by now, and all of the disk was right.
            return List.of();
        }
        damage.addAll(found);
        if (wrong && found.isEmpty()) {
            // Every file is as it was written: only the disk itself tells.
            damaged.set(damaged.size() - 1, new Damaged(chain.top(), new BitSet(), List.of(), true));
        }
        if (wrong || !found.isEmpty()) {
            record(damaged, workers);
        }
        return List.copyOf(found);
    }

    /** The error if points of a chain were merged while it was read: what was read of it is no damage. */
    MergedMeanwhileException changed(DiskChain chain, @Nullable Throwable cause) {
        return changed(chain.top().point(), cause);
    }

    /** The same, if the point itself has another manifest. */
    MergedMeanwhileException changed(Point point, @Nullable Throwable cause) {
        return new MergedMeanwhileException(point.id(), domain.name(), cause);
    }

    /** Whether what failed says nothing of the chain's files, since they are others by now. */
    boolean hasChanged(DiskChain chain, Throwable failure) {
        return ReplacedFileException.isCauseOf(failure) || !chain.isStill(domain);
    }

    /** What is damaged in a layer's files. */
    private record Damaged(DiskLayer layer, BitSet bad, List<Finding> findings, boolean doubtful) {}

    private static Damaged check(DiskLayer layer, List<Finding> problems, BitSet seen, Workers workers)
            throws IOException {
        if (layer.isChanging()) {
            // Its bytes are on their way to be another point's: only the disk's content says whether it is right.
            return new Damaged(layer, new BitSet(), List.of(), false);
        }
        StoredFile digests = layer.disk().digests();
        List<Finding> findings = new ArrayList<>();
        boolean doubtful = digests == null;
        for (Finding problem : problems) {
            doubtful |= digests != null && problem.file().equals(layer.digestFile());
        }
        if (layer.provesFile()) {
            FileBlocks.Verdict verdict = FileBlocks.check(layer, seen, new Prefix(0), workers, BlockListener.NONE);
            findings.addAll(verdict.findings());
            return new Damaged(layer, verdict.bad(), findings, doubtful);
        }
        if (!doubtful && digests != null) {
            findings.add(Finding.of(layer.digestFile(), "does not fit the point's manifest"));
        }
        try {
            SmallFiles.requireSize(layer.file(), layer.image().size());
        } catch (DamagedException e) {
            findings.addAll(e.findings());
        }
        return new Damaged(layer, new BitSet(), findings, true);
    }

    private void record(List<Damaged> damaged, Workers workers) throws IOException {
        LostContent content = new LostContent(domain, workers);
        List<Look> looks = new ArrayList<>();
        for (Damaged each : damaged) {
            DiskLayer layer = each.layer;
            StoredFile digests = layer.disk().digests();
            Look look = new Look(layer.point());
            if (each.bad.isEmpty()) {
                look.file(layer.file(), each.findings, false);
            } else {
                look.image(layer.image(), each.bad, "not the bytes that were written", false);
            }
            if (digests != null) {
                look.file(layer.digestFile(), damage(), false);
            }
            look.disk(
                    layer.disk(),
                    content.find(layer.point(), layer.disk(), each.bad, each.doubtful || outOfPlace(each)),
                    false);
            looks.add(look);
        }
        looks.addAll(content.inChildren());
        write(looks);
    }

    /** More than bytes of the image is wrong: it is missing or of another size. */
    private static boolean outOfPlace(Damaged damaged) {
        return damaged.findings.stream().anyMatch(finding -> finding.length() == 0)
                || (!damaged.bad.isEmpty() && !isWhole(damaged.layer));
    }

    private static boolean isWhole(DiskLayer layer) {
        try {
            layer.requireSize();
            return true;
        } catch (DamagedException e) {
            return false;
        }
    }

    private void write(List<Look> looks) {
        try {
            DamageRecord.write(domain, looks, FOUND_BY);
        } catch (RepositoryException e) {
            notices.add(Notice.warning(
                    "what was found damaged in domain " + domain.name() + " is not recorded: " + e.getMessage()));
        }
    }
}
