// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.retention;

import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneReport;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.PointRemoval;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.internal.work.Workers;
import java.io.IOException;

/** Removes the points of a domain that a retention does not keep. */
public final class Pruner {
    private final DomainStore store;
    private final Retention retention;
    private final ProgressMeter meter;

    /** Of this domain, by {@code retention}. */
    public Pruner(DomainStore store, Retention retention, ProgressListener listener) {
        this.store = store;
        this.retention = retention;
        this.meter = new ProgressMeter(listener, 0, 0);
    }

    /** Says what {@link #run} would do; neither locks nor changes anything. */
    public PruneReport dryRun() {
        meter.phase(Progress.Phase.PREPARING);
        PointSurvey survey = new PointSurvey(store);
        RetentionPlan plan = RetentionPlan.of(survey.candidates(), retention);
        return new PruneReport(store.name(), true, plan.verdicts(), survey.damage());
    }

    /**
     * Removes, under the domain's lock. What an earlier run left half removed goes first.
     *
     * @throws dev.virtwire.repository.RepositoryException if another run writes the domain
     * @throws dev.virtwire.repository.RepositoryException if something cannot be read or removed
     */
    public PruneReport run() {
        meter.phase(Progress.Phase.PREPARING);
        DomainLock lock = store.lock();
        try {
            PointRemoval removal = new PointRemoval(store);
            finish(removal);
            PointSurvey survey = new PointSurvey(store);
            RetentionPlan plan = RetentionPlan.of(survey.candidates(), retention);
            meter.phase(Progress.Phase.REMOVING);
            for (String id : plan.removals()) {
                Workers.refuseInterrupted();
                remove(removal, id);
            }
            finish(removal);
            meter.last(Progress.Phase.DONE);
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
