// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import dev.virtwire.jobs.config.JobSettings;
import dev.virtwire.jobs.report.GuestResult.Standing;
import dev.virtwire.repository.DomainStatus;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the backups of guests stand, by the ages that a job allows.
 *
 * @param repository where they are
 * @param job whose ages count
 * @since 0.1
 */
public record Standings(Repository repository, JobSettings job) {
    private static final Logger LOG = LoggerFactory.getLogger(Standings.class);

    /** Longer than any point is kept: then age is not judged. */
    private static final Duration EVER = Duration.ofDays(36_500);

    /**
     * How those of guests of a job stand, as far as the repository is there and can be read. Whoever asks has other
     * trouble to tell, or has told this.
     */
    static Map<String, Standing> ofAll(JobSettings job, Collection<String> guests) {
        Map<String, Standing> all = new LinkedHashMap<>();
        Path folder = job.repository().folder();
        try {
            if (!Repository.isThere(folder)) {
                return all;
            }
            Standings standings = new Standings(Repository.open(folder), job);
            for (String guest : guests) {
                Standing standing = standings.of(guest);
                if (standing != null) {
                    all.put(guest, standing);
                }
            }
        } catch (RepositoryException e) {
            LOG.warn("the status of the guests of job {} is not known", job.name(), e);
        }
        return all;
    }

    /** How those of a guest stand, or null if the repository cannot be read. */
    public @Nullable Standing of(String guest) {
        try {
            Duration maxAge = job.maxAge();
            DomainStatus status = repository.status(guest, maxAge == null ? EVER : maxAge, job.verifiedWithin());
            return new Standing(
                    status, repository.holds(guest) ? oldestUnverified(guest, status) : null, damage(guest, status));
        } catch (RepositoryException | UncheckedIOException e) {
            LOG.warn("the status of {} is not known", guest, e);
            return null;
        }
    }

    /** Age and verification come first in a status, and hide what is damaged. */
    private @Nullable String damage(String guest, DomainStatus status) {
        DomainStatus alone = status.ok() ? status : repository.status(guest, EVER, null);
        return alone.verdict() == DomainStatus.Verdict.DAMAGED ? alone.reason() : null;
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
