// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.verify;

import dev.virtwire.repository.DomainStatus;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.internal.format.Json;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.manifest.ParentLink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When the points of a domain were last found right, as it stands in {@code .journal/verified-points}. It says nothing
 * of damage: a point that is not in it, or a file that cannot be read, is as if nobody had verified it.
 */
public final class VerifiedPoints {
    private static final Logger LOG = LoggerFactory.getLogger(VerifiedPoints.class);
    private static final long MAX_SIZE = 64L << 20;
    /** Others hold the lock for a moment only. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Map<String, VerifiedFile.Entry> entries = new LinkedHashMap<>();
    private final @Nullable Integer newerVersion;

    private VerifiedPoints(@Nullable VerifiedFile found) {
        Integer newer = null;
        if (found != null && found.format().equals(VerifiedFile.FORMAT)) {
            if (found.version() > VerifiedFile.VERSION) {
                newer = found.version();
            } else {
                found.points().forEach(entry -> entries.put(entry.point(), entry));
            }
        }
        newerVersion = newer;
    }

    /** Reads what is known of a domain's points. */
    public static VerifiedPoints of(DomainStore domain) {
        Path file = file(domain);
        try {
            // Whoever can write here must not make anybody wait for a pipe, or run out of memory.
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > MAX_SIZE) {
                return new VerifiedPoints(null);
            }
            return new VerifiedPoints(Json.readSummed(Files.readAllBytes(file), VerifiedFile.class));
        } catch (IOException e) {
            LOG.debug("nothing is known of verifications", e);
            return new VerifiedPoints(null);
        }
    }

    private static Path file(DomainStore domain) {
        return domain.journal().folder().resolve(Names.VERIFIED_POINTS);
    }

    /**
     * When a point was last found right with all that it builds on, and how deep that looked; null if that is not known
     * of what is there now.
     *
     * @param points the domain's points by id
     */
    public DomainStatus.@Nullable Verification of(Point point, Map<String, Point> points) {
        Instant at = null;
        VerifyDepth depth = VerifyDepth.FULL;
        Point layer = point;
        for (int i = 0; i <= points.size(); i++) {
            VerifiedFile.Entry entry = entries.get(layer.id());
            // A merge compares what it takes over with its digests, so a point stays what it was found to be.
            if (entry == null || !layer.isMeantBy(entry.manifestSha256())) {
                return null;
            }
            at = at == null || entry.verified().isBefore(at) ? entry.verified() : at;
            depth = entry.depth().compareTo(depth) < 0 ? entry.depth() : depth;
            ParentLink parent = layer.manifest().parent();
            if (parent == null) {
                return new DomainStatus.Verification(point, at, depth);
            }
            Point next = points.get(parent.point());
            if (next == null) {
                return null;
            }
            layer = next;
        }
        // A circle, which only somebody can make who writes manifests by hand.
        return null;
    }

    /**
     * Writes down what a verification found.
     *
     * @param right the points that are right
     * @param wrong the points that are not
     * @param began when it began
     * @throws RepositoryException if that cannot be written
     */
    static void write(
            DomainStore domain, Collection<Point> right, Collection<Point> wrong, VerifyDepth depth, Instant began) {
        DomainLock lock = DomainLock.acquire(
                domain.journal().folder().resolve(Names.DAMAGE_LOCK),
                "the record of verified points of domain " + domain.name() + " in " + domain.repositoryFolder(),
                PATIENCE);
        try {
            VerifiedPoints known = of(domain);
            if (known.newerVersion != null) {
                throw new RepositoryException(file(domain) + " has version " + known.newerVersion
                        + "; this program writes version " + VerifiedFile.VERSION + ": use a newer one");
            }
            Map<String, VerifiedFile.Entry> entries = new LinkedHashMap<>(known.entries);
            wrong.forEach(point -> entries.remove(point.id()));
            for (Point point : right) {
                entries.put(point.id(), new VerifiedFile.Entry(point.id(), point.manifestSha256(), depth, began));
            }
            entries.keySet().retainAll(Set.copyOf(domain.pointIds()));
            if (!entries.equals(known.entries)) {
                domain.files()
                        .replace(
                                file(domain),
                                Json.writeSummed(new VerifiedFile(
                                        VerifiedFile.FORMAT, VerifiedFile.VERSION, List.copyOf(entries.values()))));
            }
        } catch (IOException e) {
            throw Problems.with("write", file(domain), e);
        } finally {
            lock.close();
        }
    }
}
