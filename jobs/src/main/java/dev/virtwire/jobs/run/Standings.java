// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import dev.virtwire.jobs.config.JobSettings;
import dev.virtwire.jobs.report.Reasons;
import dev.virtwire.repository.DomainStatus;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How the backups of guests stand, by the ages that a job allows.
 *
 * @param known how they stand, by the guests' names
 * @param warnings why it is not known of others
 */
record Standings(Map<String, DomainStatus> known, List<Notice> warnings) {
    /** Those of guests of a job, as far as its repository is there and can be read. */
    static Standings of(JobSettings job, Collection<String> guests) {
        Standings standings = new Standings(new LinkedHashMap<>(), new ArrayList<>());
        Path folder = job.repository().folder();
        try {
            if (Repository.isThere(folder)) {
                Repository repository = Repository.open(folder);
                guests.forEach(guest -> standings.look(repository, job, guest));
            }
        } catch (RepositoryException | UncheckedIOException e) {
            standings.warn("how backups stand is not known: ", e);
        }
        return standings;
    }

    private void look(Repository repository, JobSettings job, String guest) {
        try {
            known.put(guest, repository.status(guest, job.maxAge(), job.verifiedWithin()));
        } catch (RepositoryException | UncheckedIOException e) {
            warn(guest + ": how its backups stand is not known: ", e);
        }
    }

    private void warn(String what, RuntimeException failure) {
        warnings.add(Notice.warning(what + Reasons.of(failure)));
    }
}
