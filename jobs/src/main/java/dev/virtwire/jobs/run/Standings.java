// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import dev.virtwire.jobs.config.JobSettings;
import dev.virtwire.jobs.report.GuestResult.Standing;
import dev.virtwire.repository.DomainStatus;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * How the backups of guests stand, by the ages that a job allows.
 *
 * @param repository where they are
 * @param job whose ages count
 * @since 0.1
 */
public record Standings(Repository repository, JobSettings job) {
    /** Longer than any point is kept: then age is not judged. */
    private static final Duration EVER = Duration.ofDays(36_500);

    /** How those of a guest stand, or null if the repository cannot be read. */
    public @Nullable Standing of(String guest) {
        try {
            Duration maxAge = job.maxAge();
            DomainStatus status = repository.status(guest, maxAge == null ? EVER : maxAge, job.verifiedWithin());
            return new Standing(status, repository.holds(guest) ? oldestUnverified(guest, status) : null);
        } catch (RepositoryException e) {
            LoggerFactory.getLogger(Standings.class).debug("the status of {} is not known", guest, e);
            return null;
        }
    }

    /** A verification covers what was there when it began. */
    private @Nullable Instant oldestUnverified(String guest, DomainStatus status) {
        DomainStatus.Verification verified = status.verified();
        return repository.points(guest).points().stream()
                .map(Point::manifest)
                .filter(manifest -> verified == null || manifest.completed().isAfter(verified.at()))
                .map(manifest -> manifest.began())
                .min(Comparator.naturalOrder())
                .orElse(null);
    }
}
