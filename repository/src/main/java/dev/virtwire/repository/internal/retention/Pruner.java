// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.retention;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointMerge;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneReport;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.internal.consolidation.Consolidator;
import dev.virtwire.repository.internal.damage.DamageRecord;
import dev.virtwire.repository.internal.damage.Look;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.PointRemoval;
import dev.virtwire.repository.internal.verify.LostContent;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.internal.work.RateLimit;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes the points of a domain that a retention does not keep, and merges those that others build on. */
public final class Pruner {
    private static final Logger LOG = LoggerFactory.getLogger(Pruner.class);
    private static final String FOUND_BY = "prune";

    private final DomainStore store;
    private final Retention retention;
    private final @Nullable String only;
    private final @Nullable Consolidator consolidator;
    private final RateLimit limit;
    private final ProgressMeter meter;

    /**
     * Of this domain, by {@code retention}.
     *
     * @param consolidator what merges, or null if nothing can: what a point that stays builds on stays then
     */
    public Pruner(
            DomainStore store, Retention retention, @Nullable Consolidator consolidator, ProgressListener listener) {
        this(store, retention, null, consolidator, new RateLimit(RateLimit.NONE), new ProgressMeter(listener, 0, 0));
    }

    private Pruner(
            DomainStore store,
            Retention retention,
            @Nullable String only,
            @Nullable Consolidator consolidator,
            RateLimit limit,
            ProgressMeter meter) {
        this.store = store;
        this.retention = retention;
        this.only = only;
        this.consolidator = consolidator;
        this.limit = limit;
        this.meter = meter;
    }

    /** Of this domain, as the request says; merges read no faster than {@code limit} lets them. */
    public static Pruner of(DomainStore store, PruneRequest request, RateLimit limit, ProgressListener listener) {
        ProgressMeter meter = new ProgressMeter(listener, 0, 0);
        Consolidator consolidator = new Consolidator(store, limit, meter);
        return new Pruner(store, request.retention(), request.only(), consolidator, limit, meter);
    }

    /** Says what {@link #run} would do; neither locks nor changes anything. */
    public PruneReport dryRun() {
        meter.phase(Progress.Phase.PREPARING);
        PointSurvey survey = new PointSurvey(store);
        RetentionPlan wanted = plan(survey);
        RetentionPlan plan = consolidator == null ? wanted.without(wanted.merges()) : wanted;
        return new PruneReport(
                store.name(),
                true,
                plan.verdicts(),
                plan.merges(),
                plan.mostFreed(),
                survey.damage(),
                notices(wanted, plan));
    }

    private RetentionPlan plan(PointSurvey survey) {
        List<Candidate> candidates = survey.candidates();
        if (only == null) {
            return RetentionPlan.of(candidates, retention);
        }
        if (candidates.stream().noneMatch(point -> point.id().equals(only))) {
            throw new RepositoryException(
                    "domain " + store.name() + " in " + store.repositoryFolder() + " has no point " + only);
        }
        return RetentionPlan.of(
                candidates.stream()
                        .map(point -> point.id().equals(only) ? point : point.staying("only " + only + " is to go"))
                        .toList(),
                retention);
    }

    /**
     * Removes and merges, under the domain's lock. What an earlier run left half removed goes first.
     *
     * @throws DamagedException if nobody can say which points are held, or gone in a merge that has not ended
     * @throws dev.virtwire.repository.RepositoryException if another run writes the domain
     * @throws dev.virtwire.repository.RepositoryException if something cannot be read or removed
     */
    public PruneReport run() {
        meter.phase(Progress.Phase.PREPARING);
        DomainLock lock = store.lock();
        try {
            PointRemoval removal = new PointRemoval(store);
            finish(removal);
            List<Finding> damage = new ArrayList<>();
            // If nobody can say which points are gone, none may be removed.
            store.merges().all();
            boolean waits = !resume(damage);
            boolean merging = consolidator != null && (waits || damage.isEmpty());
            finish(removal);
            PointSurvey survey = new PointSurvey(store);
            RetentionPlan wanted = plan(survey);
            RetentionPlan plan = merging ? wanted : wanted.without(wanted.merges());
            damage.addAll(survey.damage());
            meter.phase(Progress.Phase.REMOVING);
            for (String id : plan.removals()) {
                Workers.refuseInterrupted();
                remove(removal, id);
            }
            meter.phase(Progress.Phase.MERGING);
            boolean stuck = waits && !resumeOrTell(requireNonNull(consolidator), damage);
            List<PointMerge> failed = stuck ? plan.merges() : merge(plan.merges(), damage);
            finish(removal);
            meter.last(Progress.Phase.DONE);
            return new PruneReport(
                    store.name(),
                    false,
                    plan.without(failed).verdicts(),
                    plan.without(failed).merges(),
                    plan.merges().isEmpty() ? plan.mostFreed() : survey.stored() - new PointSurvey(store).stored(),
                    damage,
                    notices(wanted, plan));
        } finally {
            lock.close();
        }
    }

    /**
     * Finishes the merges of earlier runs. If that fails because the file system is full, it is tried again when points
     * are removed.
     *
     * @param damage gets what is damaged: nothing can be merged then
     * @return whether there is nothing to try again
     */
    private boolean resume(List<Finding> damage) {
        if (consolidator == null) {
            return true;
        }
        try {
            resumeOrTell(consolidator, damage);
        } catch (RepositoryException e) {
            if (!Problems.isForLackOfRoom(e)) {
                throw e;
            }
            LOG.debug("a merge in {} is finished after removals", store.folder(), e);
            return false;
        }
        return true;
    }

    /** Whether nothing that the merges read is damaged; else {@code damage} gets it. */
    private boolean resumeOrTell(Consolidator merging, List<Finding> damage) {
        try {
            merging.resume();
            return true;
        } catch (DamagedException e) {
            damage.addAll(e.findings());
            store.merges().all().forEach(merge -> remember(merge.point()));
            return false;
        }
    }

    /** What the next backup must not build on: all of a point that a merge found damaged is read. */
    private void remember(String id) {
        if (!store.hasPoint(id)) {
            return;
        }
        Point point = store.point(id);
        Look look = new Look(point);
        try (Workers workers = new Workers("look", limit)) {
            LostContent content = new LostContent(store, workers);
            for (ManifestDisk disk : point.manifest().disks()) {
                if (disk.image() != null) {
                    look.disk(disk, content.find(point, disk, new BitSet(), true), true);
                }
            }
            List<Look> looks = new ArrayList<>(content.inChildren());
            looks.add(look);
            DamageRecord.write(store, looks, FOUND_BY);
        } catch (IOException e) {
            throw Problems.with("find out what is damaged in", point.folder(), e);
        }
    }

    /** Those that could not be done, since what they read is damaged. The others are done. */
    private List<PointMerge> merge(List<PointMerge> merges, List<Finding> damage) {
        List<PointMerge> failed = new ArrayList<>();
        for (PointMerge merge : merges) {
            Workers.refuseInterrupted();
            try {
                requireNonNull(consolidator).merge(merge.into(), Set.copyOf(merge.points()));
            } catch (DamagedException e) {
                damage.addAll(e.findings());
                remember(merge.into());
                if (store.hasPoint(merge.points().get(0))) {
                    failed.add(merge);
                }
            }
        }
        return failed;
    }

    private static List<Notice> notices(RetentionPlan wanted, RetentionPlan plan) {
        long waiting = wanted.verdicts().stream()
                        .filter(verdict -> !verdict.kept())
                        .count()
                - plan.verdicts().stream().filter(verdict -> !verdict.kept()).count();
        return waiting == 0
                ? List.of()
                : List.of(Notice.warning((waiting == 1
                                ? "1 point that no rule keeps stays"
                                : waiting + " points that no rule keeps stay")
                        + ", because points that stay build on " + (waiting == 1 ? "it" : "them")
                        + ": a full point (backup --level full) begins a new chain"));
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
