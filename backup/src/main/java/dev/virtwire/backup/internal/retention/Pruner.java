// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.retention;

import dev.virtwire.backup.internal.repository.DomainLock;
import dev.virtwire.backup.internal.repository.DomainStore;
import dev.virtwire.backup.internal.repository.PointRemoval;
import dev.virtwire.backup.internal.repository.Problems;
import dev.virtwire.backup.retention.PruneReport;
import dev.virtwire.backup.retention.Retention;
import java.io.IOException;

/** Removes the points of a domain that a retention does not keep. */
public final class Pruner {
    private final DomainStore store;
    private final Retention retention;

    /** Of this domain, by {@code retention}. */
    public Pruner(DomainStore store, Retention retention) {
        this.store = store;
        this.retention = retention;
    }

    /** Says what {@link #run} would do; neither locks nor changes anything. */
    public PruneReport dryRun() {
        PointSurvey survey = new PointSurvey(store);
        RetentionPlan plan = RetentionPlan.of(survey.candidates(), retention);
        return new PruneReport(store.name(), true, plan.verdicts(), survey.damage());
    }

    /**
     * Removes, under the domain's lock. What an earlier run left half removed goes first.
     *
     * @throws dev.virtwire.backup.RepositoryException where another run writes the domain
     * @throws dev.virtwire.backup.BackupException where something cannot be read or removed
     */
    public PruneReport run() {
        DomainLock lock = store.lock();
        try {
            PointRemoval removal = new PointRemoval(store);
            finish(removal);
            PointSurvey survey = new PointSurvey(store);
            RetentionPlan plan = RetentionPlan.of(survey.candidates(), retention);
            for (String id : plan.removals()) {
                remove(removal, id);
            }
            finish(removal);
            return new PruneReport(store.name(), false, plan.verdicts(), survey.damage());
        } finally {
            lock.close();
        }
    }

    private void remove(PointRemoval removal, String id) {
        try {
            removal.remove(id);
        } catch (IOException e) {
            throw Problems.with("remove", store.folder().resolve(id), e);
        }
    }

    private void finish(PointRemoval removal) {
        try {
            removal.finish();
        } catch (IOException e) {
            throw Problems.with("finish removing points in", store.folder(), e);
        }
    }
}
