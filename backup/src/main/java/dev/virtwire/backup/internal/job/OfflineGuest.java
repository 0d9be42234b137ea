// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.internal.host.GuestClone;
import dev.virtwire.backup.internal.host.HostCheckpoints;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.RefusedException;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.DomainStatus;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.client.event.EventGap;
import dev.virtwire.client.event.GapSubscriber;
import dev.virtwire.protocol.remote.DomainEventType;
import dev.virtwire.protocol.remote.DomainShutoffReason;
import dev.virtwire.protocol.remote.DomainState;
import dev.virtwire.repository.Point;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A guest that is off, whose clone serves the disks. Somebody may want to start it meanwhile: QEMU's locks make that
 * fail, once. This watches for it and has the run give way. If the run does not come to it in time, the clone is ended
 * nevertheless: whoever starts the guest waits for no more than 3 s.
 */
final class OfflineGuest implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OfflineGuest.class);

    private static final long PERIOD_MILLIS = 1000;
    /** How long the run has, if an event told at once that the guest is wanted. */
    private static final long PATIENCE_MILLIS = 2500;

    private final Attempt attempt;
    private final Domain guest;
    private final GuestClone clone;
    private final Runnable giveWay;
    private final boolean failedBefore;
    private final Semaphore wake = new Semaphore(0);
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean announced;
    private volatile boolean wanted;
    private volatile Flow.@Nullable Subscription subscription;

    /** Watches from here on; {@code giveWay} ends the run soon. */
    OfflineGuest(Attempt attempt, Runnable giveWay) {
        this.attempt = attempt;
        this.guest = attempt.facts().domain();
        this.clone = new GuestClone(guest.libvirt(), guest.uuid(), requireNonNull(attempt.domainClone()));
        this.giveWay = giveWay;
        this.failedBefore = isFailed(Waiting.await(guest.status()));
        guest.events(List.of(DomainEventKind.LIFECYCLE, DomainEventKind.CONTROL_ERROR))
                .subscribe(new Events());
        Thread thread = new Thread(this::watch, "virtwire guest " + guest.name());
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Makes the clone, which the journal names, and begins the job on it. Its checkpoint becomes the guest's.
     *
     * @param requireNotCancelled throws if nobody wants the job any more
     * @throws LostBitmapException if libvirt cannot tell what changed on some of the disks
     * @throws RefusedException if it refuses the clone or the job
     */
    Attempt begin(Runnable requireNotCancelled) throws IOException {
        Domain serving = serve();
        remind(serving);
        Attempt begun = new JobBegin(attempt, serving, requireNotCancelled).begin();
        String checkpoint = begun.plan().checkpoint();
        if (checkpoint != null) {
            HostCheckpoints.of(guest).take(Waiting.await(serving.checkpoints().find(checkpoint)));
        }
        return begun;
    }

    private Domain serve() {
        try {
            return clone.start();
        } catch (RemoteException e) {
            String text = String.valueOf(e.getMessage());
            boolean open = text.contains("\"write\" lock");
            throw new RefusedException(
                    "domain " + guest.name() + " is off, and its disks cannot be opened: " + text
                            + (open
                                    ? ". Another program has them open, such as another backup, or the guest itself on another host"
                                    : ""),
                    e,
                    open);
        }
    }

    /** The clone knows no checkpoint yet, and it alone finds out whether there are the bitmaps. */
    private void remind(Domain serving) {
        ParentChoice choice = attempt.plan().choice();
        Point parent = choice.parent();
        if (parent == null) {
            return;
        }
        for (String target : choice.incremental()) {
            long size = HostFacts.sizeOf(serving, target);
            long before = choice.parentOf(target).virtualSize();
            if (size != before) {
                throw new RefusedException(
                        "disk " + target + " has " + size + " bytes, and had " + before + " at point " + parent.id()
                                + ": ask for all of it by --level full",
                        null);
            }
        }
        if (choice.byBitmap().isEmpty()) {
            return;
        }
        String gone = HostCheckpoints.of(serving).bringBack(parent);
        if (gone != null) {
            Map<String, String> lost = new LinkedHashMap<>();
            choice.byBitmap().forEach(target -> lost.put(target, gone));
            throw new LostBitmapException(lost, gone);
        }
    }

    /** Whether somebody wants to start it. */
    boolean isWanted() {
        return wanted;
    }

    private void watch() {
        try {
            while (closed.getCount() > 0) {
                if (isToBeStarted()) {
                    wanted = true;
                    LOG.debug("{} is to be started: its backup gives way", guest);
                    giveWay.run();
                    long patience = announced ? PATIENCE_MILLIS : PATIENCE_MILLIS - PERIOD_MILLIS;
                    if (!closed.await(patience, TimeUnit.MILLISECONDS)) {
                        clone.end();
                    }
                    return;
                }
                wake.tryAcquire(PERIOD_MILLIS, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (LibvirtException | BackupException e) {
            // The clean-up of the run tries again.
            LOG.debug("The clone of {} could not be ended", guest, e);
        }
    }

    /** No start succeeds while there is the clone; one that failed shows by an event, or by the state's reason. */
    private boolean isToBeStarted() {
        try {
            DomainStatus status = Waiting.await(guest.status());
            boolean off = status.state().equals(Optional.of(DomainState.SHUTOFF));
            return announced || !off || (isFailed(status) && !failedBefore);
        } catch (LibvirtException e) {
            LOG.debug("Nobody knows whether {} is to be started", guest, e);
            return announced;
        }
    }

    private static boolean isFailed(DomainStatus status) {
        return status.reason().equals(Optional.of(DomainShutoffReason.FAILED));
    }

    /** The clone is gone by now, unless the run had to leave everything as it was. */
    @Override
    public void close() {
        try {
            clone.end();
        } catch (LibvirtException | BackupException e) {
            // The journal names it.
            LOG.debug("The clone of {} could not be ended", guest, e);
        }
        closed.countDown();
        wake.release();
        Flow.Subscription subscribed = subscription;
        if (subscribed != null) {
            subscribed.cancel();
        }
    }

    /** Of a start that fails libvirt says nothing but that QEMU's monitor was lost. */
    private final class Events implements GapSubscriber<DomainEvent> {
        @Override
        public void onSubscribe(Flow.Subscription begun) {
            subscription = begun;
            begun.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(DomainEvent event) {
            boolean ofDefinition = event instanceof DomainEvent.Lifecycle lifecycle
                    && (lifecycle.typeNumber() == DomainEventType.DEFINED.value()
                            || lifecycle.typeNumber() == DomainEventType.UNDEFINED.value());
            if (!ofDefinition) {
                announced = true;
                wake.release();
            }
        }

        /** A clone outlives a libvirtd that was killed: what was not heard meanwhile, the state tells. */
        @Override
        public void onGap(EventGap gap) {
            wake.release();
        }

        @Override
        public void onError(Throwable cause) {
            LOG.debug("No events of {} any more", guest, cause);
        }

        @Override
        public void onComplete() {}
    }
}
