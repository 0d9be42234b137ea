// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.client.CallTimeoutException;
import dev.virtwire.client.ConnectFailedException;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a host whose libvirt may be away for a while, when a backup's job runs. Only what can be asked twice is asked by
 * this: nobody knows whether a call whose connection was lost was carried out.
 *
 * <p>An absence has one limit, however many questions fall into it. What is asked after that fails at once, until the
 * host answers something. From any thread.
 *
 * @param libvirt whom it asks
 * @param longest how long an absence is waited for
 * @param requireNotCancelled throws if nobody wants to know any more
 * @param awaySince when a question was first lost, of those since the host has last answered; empty if it answers
 */
public record HostQuestions(
        Libvirt libvirt, Duration longest, Runnable requireNotCancelled, AtomicReference<@Nullable Long> awaySince) {
    private static final Logger LOG = LoggerFactory.getLogger(HostQuestions.class);

    private static final Duration AGAIN = Duration.ofSeconds(1);
    /** What takes a libvirt too long that answers other questions is not asked for a third time. */
    private static final int MOST_TIMEOUTS = 2;

    /** Of a host that answers so far. */
    public HostQuestions(Libvirt libvirt, Duration longest, Runnable requireNotCancelled) {
        this(libvirt, longest, requireNotCancelled, new AtomicReference<>());
    }

    /**
     * What is asked for.
     *
     * @throws LibvirtException if the host refuses it, or is away for too long, or has to be connected to
     */
    public <T> T ask(Supplier<T> question) {
        Long firstLost = null;
        int timeouts = 0;
        while (true) {
            try {
                T answer = question.get();
                answered();
                return answer;
            } catch (LibvirtException e) {
                if (e instanceof RemoteException) {
                    answered();
                }
                if (!isAway(e) || (e instanceof CallTimeoutException && ++timeouts == MOST_TIMEOUTS)) {
                    throw e;
                }
                long now = System.nanoTime();
                firstLost = firstLost == null ? now : firstLost;
                awaySince.compareAndSet(null, now);
                awaitAnswer(firstLost, e);
            }
        }
    }

    /** Whether the host is away for good, or for so long that nothing waits for it any more. */
    public boolean hasGivenUp() {
        Long since = awaySince.get();
        return since != null && (libvirt.closed().isDone() || (!longest.isZero() && isOver(since)));
    }

    private boolean isOver(long since) {
        return System.nanoTime() - since >= longest.toNanos();
    }

    private void answered() {
        awaySince.set(null);
    }

    /** Anything else fails again, however often it is asked. */
    private static boolean isAway(LibvirtException failure) {
        return failure instanceof ConnectionLostException
                || failure instanceof ConnectFailedException
                || failure instanceof CallTimeoutException;
    }

    /** A host that answers something and loses this question again is not asked without end. */
    private void awaitAnswer(long firstLost, LibvirtException failure) {
        while (true) {
            requireNotCancelled.run();
            Long since = awaySince.get();
            if (libvirt.closed().isDone() || isOver(firstLost) || (since != null && isOver(since))) {
                throw failure;
            }
            Waiting.pause(AGAIN);
            try {
                Waiting.await(libvirt.hostname());
                answered();
                return;
            } catch (RemoteException e) {
                LOG.debug("{} answers again", libvirt.uri().where(), e);
                answered();
                return;
            } catch (LibvirtException e) {
                LOG.debug("{} does not answer yet", libvirt.uri().where(), e);
            }
        }
    }
}
