// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import dev.virtwire.jobs.config.VerifySettings;
import dev.virtwire.jobs.report.Reasons;
import dev.virtwire.jobs.report.VerifyResult;
import dev.virtwire.jobs.run.JobState.Verified;
import dev.virtwire.repository.OperationCancelledException;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Verifies the guests of a run that are due, the one first whose last verification is the oldest. */
final class Verifications {
    private static final Logger LOG = LoggerFactory.getLogger(Verifications.class);

    /** A job begins a little earlier on one day than on another. */
    private static final Duration MOST_EARLY = Duration.ofHours(2);

    private static final int EARLY_PART = 10;

    private final VerifySettings settings;
    private final Repository repository;
    private final RunningWork work;
    private final Map<String, Verified> earlier;

    /**
     * Of a run.
     *
     * @param earlier what the job has verified in earlier runs: what the repository knows may be of a point alone
     */
    Verifications(VerifySettings settings, Repository repository, RunningWork work, Map<String, Verified> earlier) {
        this.settings = settings;
        this.repository = repository;
        this.work = work;
        this.earlier = earlier;
    }

    /** Those of the guests that are due, in the order of their turns. */
    List<String> due(List<String> guests) {
        Duration early = settings.every().dividedBy(EARLY_PART);
        Instant dueBefore =
                Instant.now().minus(settings.every()).plus(early.compareTo(MOST_EARLY) < 0 ? early : MOST_EARLY);
        Map<String, Instant> last = new LinkedHashMap<>();
        for (String guest : guests) {
            try {
                if (repository.holds(guest)) {
                    last.put(guest, lastOf(guest));
                }
            } catch (RepositoryException | UncheckedIOException e) {
                // Its verification says what is wrong, and those of the others go their way.
                LOG.debug("whether {} is due is not known", guest, e);
                last.put(guest, Instant.MIN);
            }
        }
        return last.entrySet().stream()
                .filter(guest -> settings.every().isZero() || guest.getValue().isBefore(dueBefore))
                .sorted(Map.Entry.comparingByValue(Comparator.naturalOrder()))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** A verification that read less than this job wants does not count. */
    private Instant lastOf(String guest) {
        Verified verified = earlier.get(guest);
        if (verified == null || verified.depth().compareTo(settings.depth()) < 0) {
            return Instant.MIN;
        }
        // Nothing of it is known as verified if somebody put another repository there.
        return repository.status(guest, null, null).verified() == null ? Instant.MIN : verified.at();
    }

    /** Verifies those that are due until the time for it is over. */
    List<VerifyResult> run(List<String> guests) {
        long began = System.nanoTime();
        List<VerifyResult> results = new ArrayList<>();
        for (String guest : due(guests)) {
            Duration limit = settings.limit();
            Duration left = limit == null ? null : limit.minusNanos(System.nanoTime() - began);
            if (work.isCancelled() || (left != null && (left.isNegative() || left.isZero()))) {
                break;
            }
            long begin = System.nanoTime();
            VerifyReport report = null;
            String error = null;
            try {
                report = work.join(() -> repository.verify(request(guest), ProgressListener.NONE), left);
            } catch (OperationCancelledException e) {
                error = "it was ended with the job; the next run resumes it";
            } catch (RepositoryException | UncheckedIOException e) {
                error = Reasons.of(e);
            } catch (RuntimeException e) {
                LOG.error("the verification of {} failed", guest, e);
                error = "internal error: " + e;
            }
            results.add(new VerifyResult(
                    guest,
                    report,
                    error,
                    report == null && error == null,
                    Duration.ofNanos(System.nanoTime() - begin)));
        }
        return results;
    }

    private VerifyRequest request(String guest) {
        return VerifyRequest.ofDomain(guest)
                .withDepth(settings.depth())
                .limitedTo(settings.bytesPerSecond())
                .resuming();
    }
}
