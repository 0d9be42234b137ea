// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.backup;

import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.client.event.EventGap;
import dev.virtwire.client.event.GapSubscriber;
import dev.virtwire.client.internal.access.LibvirtAccess;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** Hears job-completed events of one domain until it is cancelled, by one connection after the other if need be. */
final class JobEndWatch implements GapSubscriber<DomainEvent.JobCompleted> {
    private final Domain domain;
    private final BackupJob job;
    private final CompletableFuture<Void> registered;
    private volatile Flow.@Nullable Subscription subscription;
    private volatile boolean cancelled;
    private volatile @Nullable JobStatistics lastHeard;

    JobEndWatch(Domain domain, BackupJob job) {
        this.domain = domain;
        this.job = job;
        this.registered = LibvirtAccess.to(domain.libvirt()).newFuture();
    }

    /** Completes when the server has registered the watch. */
    CompletableFuture<Void> subscribe() {
        domain.events(DomainEventKind.JOB_COMPLETED).subscribe(this);
        return registered;
    }

    /** The last end that was announced, or null. */
    @Nullable
    JobStatistics lastHeard() {
        return lastHeard;
    }

    void cancel() {
        cancelled = true;
        Flow.Subscription current = subscription;
        if (current != null) {
            current.cancel();
        }
    }

    @Override
    public void onSubscribe(Flow.Subscription begun) {
        subscription = begun;
        if (cancelled) {
            // Given up while the registration was under way.
            begun.cancel();
            return;
        }
        begun.request(Long.MAX_VALUE);
        registered.complete(null);
    }

    @Override
    public void onNext(DomainEvent.JobCompleted event) {
        lastHeard = event.statistics();
        job.onEndAnnounced(event.statistics());
    }

    @Override
    public void onGap(EventGap gap) {
        job.onGap();
    }

    @Override
    public void onError(Throwable cause) {
        registered.completeExceptionally(cause);
        job.onWatchEnded(cause);
    }

    @Override
    public void onComplete() {
        onError(new ConnectionLostException("the connection was closed by this side", null));
    }
}
