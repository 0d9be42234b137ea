// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.verify;

import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.internal.store.DomainStore;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Which points a verification has found right, and which not, until that is written down. */
final class FoundRight {
    private final Map<Path, Point> right = new LinkedHashMap<>();
    private final Map<Path, Point> wrong = new LinkedHashMap<>();
    private final Map<Path, Instant> began = new HashMap<>();

    /** The verification of these domains begins now. */
    void begin(Collection<DomainStore> domains) {
        domains.forEach(domain -> began.put(domain.folder(), domain.now()));
    }

    /** A point was looked at. */
    void add(Point point, boolean isRight) {
        (isRight ? right : wrong).put(point.folder(), point);
    }

    /** What was found of the point in this folder counts no more. */
    void forget(Path point) {
        right.remove(point);
        wrong.remove(point);
    }

    /**
     * Writes down what was found of a domain. If that cannot be done, a note is enough: then its points count as not
     * verified.
     *
     * @param resumed the verification that this one resumes, or null
     */
    void write(DomainStore domain, VerifyDepth depth, @Nullable VerifyProgress resumed, Consumer<Notice> notices) {
        Instant first = resumed == null ? began.getOrDefault(domain.folder(), domain.now()) : resumed.began();
        try {
            VerifiedPoints.write(domain, of(domain, right), of(domain, wrong), depth, first);
        } catch (RepositoryException e) {
            notices.accept(Notice.information(
                    "that points of domain " + domain.name() + " were verified is not recorded: " + e.getMessage()));
        }
    }

    /** Those of a domain whose images are all here: of a push nobody reads anything. */
    private static List<Point> of(DomainStore domain, Map<Path, Point> points) {
        return points.values().stream()
                .filter(point -> domain.folder().equals(point.folder().getParent()))
                .filter(point -> point.manifest().disks().stream().allMatch(disk -> disk.pushed() == null))
                .toList();
    }
}
