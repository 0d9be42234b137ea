// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.client.CallTimeoutException;
import dev.virtwire.client.ConnectFailedException;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a host whose libvirt may be away for a while, when a backup's job runs. Only what can be asked twice is asked by
 * this: nobody knows whether a call whose connection was lost was carried out.
 *
 * @param libvirt whom it asks
 * @param longest for how long it asks again
 * @param requireNotCancelled throws if nobody wants to know any more
 */
public record HostQuestions(Libvirt libvirt, Duration longest, Runnable requireNotCancelled) {
    private static final Logger LOG = LoggerFactory.getLogger(HostQuestions.class);

    private static final Duration AGAIN = Duration.ofSeconds(1);
    /** What takes a libvirt too long that answers other questions is not asked for a third time. */
    private static final int MOST_TIMEOUTS = 2;

    /**
     * What is asked for.
     *
     * @throws LibvirtException if the host refuses it, or does not answer for that long, or has to be connected to
     */
    public <T> T ask(Supplier<T> question) {
        long began = System.nanoTime();
        int timeouts = 0;
        while (true) {
            try {
                return question.get();
            } catch (LibvirtException e) {
                if (!isAway(e) || (e instanceof CallTimeoutException && ++timeouts == MOST_TIMEOUTS)) {
                    throw e;
                }
                awaitAnswer(began, e);
            }
        }
    }

    /** Anything else fails again, however often it is asked. */
    private static boolean isAway(LibvirtException failure) {
        return failure instanceof ConnectionLostException
                || failure instanceof ConnectFailedException
                || failure instanceof CallTimeoutException;
    }

    private void awaitAnswer(long began, LibvirtException failure) {
        while (true) {
            requireNotCancelled.run();
            if (libvirt.closed().isDone() || System.nanoTime() - began >= longest.toNanos()) {
                throw failure;
            }
            Waiting.pause(AGAIN);
            try {
                Waiting.await(libvirt.hostname());
                return;
            } catch (RemoteException e) {
                LOG.debug("{} answers again", libvirt.uri().where(), e);
                return;
            } catch (LibvirtException e) {
                LOG.debug("{} does not answer yet", libvirt.uri().where(), e);
            }
        }
    }
}
