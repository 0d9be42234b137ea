// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.DomainBusyException;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.DomainStatus;
import dev.virtwire.protocol.remote.DomainShutoffReason;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.copy.CopyCancelledException;
import dev.virtwire.repository.manifest.GuestState;
import dev.virtwire.repository.manifest.Manifest;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A guest that shut down during its backup, and took the job with it. The backup begins again, once: as that of a guest
 * that is off, or as usual if it runs again. A guest that has crashed, or that was ended, is left alone: whoever starts
 * it again is not to meet its clone.
 *
 * @param first how the first try failed; nothing of it runs any more
 */
record StoppedGuest(BackupException first) {
    private static final Logger LOG = LoggerFactory.getLogger(StoppedGuest.class);

    /**
     * Whether a try failed because its guest stopped.
     *
     * @param asked what the host had said when the try began, or null if it did not come so far
     * @param pause lets that much time pass, or throws a {@link CopyCancelledException}
     * @throws BackupCancelledException if that happens
     * @return null if it did not, or if the request is not for a guest as it is now
     */
    static @Nullable StoppedGuest since(
            @Nullable HostFacts asked, BackupRequest request, Consumer<Duration> pause, BackupException failure) {
        if (asked == null || asked.isOff() || !mayBeOfGuest(failure)) {
            return null;
        }
        try {
            DomainStatus status = HostFacts.settled(asked.domain(), pause);
            Domain now = Waiting.await(
                    asked.domain().libvirt().domain(asked.identity().uuid()));
            boolean again =
                    now.id().isPresent() && !now.id().equals(asked.domain().id());
            boolean shutDown = now.id().isEmpty() && status.reason().equals(Optional.of(DomainShutoffReason.SHUTDOWN));
            return again || (shutDown && !request.runningOnly()) ? new StoppedGuest(failure) : null;
        } catch (CopyCancelledException e) {
            throw new BackupCancelledException(
                    "the backup of domain " + request.domain() + " was cancelled after a try: " + failure.getMessage(),
                    failure);
        } catch (LibvirtException | BackupException e) {
            LOG.debug("Nobody knows whether {} has shut down", asked.domain(), e);
            return null;
        }
    }

    /** What was wrong here would be so again. */
    private static boolean mayBeOfGuest(BackupException failure) {
        return !(failure instanceof BackupCancelledException)
                && !(failure.getCause() instanceof IOException)
                && !(failure.getCause() instanceof RepositoryException);
    }

    /**
     * The second try.
     *
     * @throws BackupException if it fails too; the message tells of both, unless something else is in the way
     */
    BackupResult again(Supplier<BackupResult> backup) {
        LOG.debug("The guest stopped meanwhile, and its backup begins again", first);
        try {
            return backup.get();
        } catch (BackupCancelledException | DomainBusyException | RepositoryException e) {
            e.addSuppressed(first);
            throw e;
        } catch (BackupException e) {
            throw new BackupException(first.getMessage() + ". A second try failed too: " + e.getMessage(), e);
        }
    }

    /** What the user should know of the point that the second try has made. */
    Notice notice(Manifest manifest) {
        return Notice.information(
                manifest.guestState() == GuestState.RUNNING
                        ? "the guest was stopped and started again meanwhile, so that its backup began again"
                        : "the guest shut down meanwhile, and was backed up as one that is off");
    }
}
