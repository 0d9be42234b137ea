// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import dev.virtwire.jobs.config.VerifySettings;
import dev.virtwire.jobs.report.VerifyResult;
import dev.virtwire.repository.DomainStatus;
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

/** Verifies the guests of a run that are due, the one first whose last verification is the oldest. */
final class Verifications {
    private static final Duration EVER = Duration.ofDays(36_500);

    /** A job begins a little earlier on one day than on another. */
    private static final Duration MOST_EARLY = Duration.ofHours(2);

    private static final int EARLY_PART = 10;

    private final VerifySettings settings;
    private final Repository repository;
    private final RunningWork work;

    Verifications(VerifySettings settings, Repository repository, RunningWork work) {
        this.settings = settings;
        this.repository = repository;
        this.work = work;
    }

    /** Those of the guests that are due, in the order of their turns. */
    List<String> due(List<String> guests) {
        Duration early = settings.every().dividedBy(EARLY_PART);
        Instant dueBefore =
                Instant.now().minus(settings.every()).plus(early.compareTo(MOST_EARLY) < 0 ? early : MOST_EARLY);
        Map<String, Instant> last = new LinkedHashMap<>();
        for (String guest : guests) {
            if (repository.holds(guest)) {
                DomainStatus.Verification verified =
                        repository.status(guest, EVER, null).verified();
                last.put(guest, verified == null ? Instant.MIN : verified.at());
            }
        }
        return last.entrySet().stream()
                .filter(guest -> settings.every().isZero() || guest.getValue().isBefore(dueBefore))
                .sorted(Map.Entry.comparingByValue(Comparator.naturalOrder()))
                .map(Map.Entry::getKey)
                .toList();
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
