// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.job;

import dev.virtwire.cli.output.ErrorReport;
import dev.virtwire.jobs.config.JobSettings;
import dev.virtwire.jobs.run.JobException;
import dev.virtwire.jobs.run.JobState;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.DomainStatus;
import dev.virtwire.repository.DomainStatus.Verdict;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the guests of a job stand, or why nobody knows.
 *
 * @param guests how each stands; none if {@code problem} says why
 * @param problem why nothing is known, or null
 * @param damaged whether the problem is that something stored is damaged
 */
record JobStatus(
        String job, List<DomainStatus> guests, @Nullable String problem, boolean damaged) {
    JobStatus {
        guests = List.copyOf(guests);
    }

    /** Looks at the repository of a job; whatever is wrong with one job is said of that job alone. */
    static JobStatus of(JobSettings job, Path state) {
        if (job.maxAge() == null) {
            return unknown(job, "it has no max-age, so nobody can say whether its points are young enough", false);
        }
        try {
            Repository repository = Repository.open(job.repository().folder());
            Set<String> names = new LinkedHashSet<>(job.guests().names());
            names.addAll(JobState.read(state, job.name()).guests());
            List<DomainStatus> guests = new ArrayList<>();
            for (String name : names) {
                guests.add(repository.status(name, job.maxAge(), job.verifiedWithin()));
            }
            return guests.isEmpty()
                    ? unknown(job, "it has not run yet", false)
                    : new JobStatus(job.name(), guests, null, false);
        } catch (DamagedException e) {
            return unknown(job, String.valueOf(e.getMessage()), true);
        } catch (RepositoryException | JobException | UncheckedIOException e) {
            return unknown(job, ErrorReport.message(e), false);
        }
    }

    private static JobStatus unknown(JobSettings job, String problem, boolean damaged) {
        return new JobStatus(job.name(), List.of(), problem, damaged);
    }

    /** Whether all is well with all of its guests. */
    boolean ok() {
        return problem == null && guests.stream().allMatch(DomainStatus::ok);
    }

    /** What is wrong, one sentence each. */
    List<String> wrong() {
        List<String> wrong = new ArrayList<>();
        if (problem != null) {
            wrong.add("job " + job + ": " + problem);
        }
        for (DomainStatus guest : guests) {
            if (!guest.ok()) {
                wrong.add(guest.domain() + " is " + guest.verdict() + " (" + guest.reason() + ")");
            }
        }
        return wrong;
    }

    /** Whether nothing is wrong but that something stored is damaged. */
    boolean onlyDamage() {
        return (problem == null || damaged)
                && guests.stream().allMatch(guest -> guest.ok() || guest.verdict() == Verdict.DAMAGED);
    }
}
