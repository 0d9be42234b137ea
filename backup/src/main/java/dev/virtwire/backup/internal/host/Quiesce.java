// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.CallRefusedException;
import dev.virtwire.client.CallTimeoutException;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.internal.access.LibvirtAccess;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.GuestCalls;
import dev.virtwire.repository.internal.journal.Journal;
import dev.virtwire.repository.internal.journal.JournalEntry;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Holds the guest's file systems still while libvirt begins the backup, for no longer than that. From before the freeze
 * until after the thaw the journal says so: whatever happens in between, somebody thaws.
 */
public final class Quiesce {
    /** An agent that does not answer a harmless question by then is not asked to freeze. */
    private static final Duration ANSWER = Duration.ofSeconds(10);

    /** The guest writes out all that it holds in memory first. */
    private static final Duration FREEZE = Duration.ofSeconds(30);

    /** Whoever writes in the guest waits meanwhile. */
    private static final Duration BEGIN = Duration.ofSeconds(15);

    /** libvirt waits 30 s for an agent that is busy with another command, such as a freeze that takes too long. */
    private static final Duration THAW = Duration.ofSeconds(40);

    /** Waits for what libvirt was asked for, for no longer than the guest may stand still. */
    public interface Patience {
        <T> T await(CompletableFuture<T> asked);
    }

    /** Begins a backup, by one try or several; all that it asks for is awaited by what it is given. */
    public interface Begin {
        BackupJob with(Patience patience);
    }

    private final Domain domain;
    private final Journal journal;
    private final JournalEntry entry;
    private @Nullable Duration frozen;

    public Quiesce(Domain domain, Journal journal, JournalEntry entry) {
        this.domain = domain;
        this.journal = journal;
        this.entry = entry;
    }

    /** How long the guest was frozen at most, or null if it was not. */
    @Nullable
    public Duration frozen() {
        return frozen;
    }

    /**
     * Begins a backup with the guest frozen, once for all tries.
     *
     * @param more how much longer than usual that takes, as far as one knows
     * @throws BackupException if the guest could not be frozen or thawed, or begin took too long for a frozen guest
     */
    public BackupJob during(Begin begin, Duration more) throws IOException {
        requireAgent();
        note(domain.id().orElse(null));
        long started = System.nanoTime();
        BackupJob job;
        try {
            freeze();
            job = begin.with(new Until(System.nanoTime() + BEGIN.plus(more).toNanos()));
        } catch (NotFrozenException e) {
            note(null);
            throw e;
        } catch (RuntimeException | Error e) {
            try {
                thaw(domain);
                note(null);
            } catch (LibvirtException | IOException further) {
                // It stays in the journal, and the clean-up that follows tries again.
                e.addSuppressed(further);
            }
            throw e;
        }
        try {
            thaw(domain);
        } catch (LibvirtException e) {
            throw new BackupException("the guest could not be thawed when the backup had begun: " + e.getMessage(), e);
        }
        frozen = Duration.ofNanos(System.nanoTime() - started);
        note(null);
        return job;
    }

    /** Thaws, by another connection if that of the domain is lost. */
    public static int thaw(Domain domain) {
        try {
            return Waiting.await(within(domain, THAW).agent().thaw());
        } catch (LibvirtException e) {
            // What was refused was not sent: so it is in the moments after the loss.
            if (!(e instanceof ConnectionLostException) && !(e instanceof CallRefusedException)) {
                throw e;
            }
            try (Libvirt again =
                    Waiting.await(LibvirtAccess.to(domain.libvirt()).connectAgain())) {
                return Waiting.await(
                        within(Domain.of(again, domain.ref()), THAW).agent().thaw());
            } catch (LibvirtException further) {
                e.addSuppressed(further);
                throw e;
            }
        }
    }

    private void note(@Nullable Integer frozenId) throws IOException {
        journal.write(entry.withFrozen(frozenId));
    }

    /** libvirt would wait for a silent agent without end, and the freeze would come when nobody expects it any more. */
    private void requireAgent() {
        LibvirtException failure = askAgent(domain);
        if (failure != null) {
            throw refused(reason(failure), failure);
        }
    }

    /** Why a domain's agent does not answer a harmless question, in the host's words; null if it answers. */
    public static @Nullable String silence(Domain domain) {
        LibvirtException failure = askAgent(domain);
        if (failure instanceof RemoteException refused && refused.details().message() != null) {
            return refused.details().message();
        }
        return failure == null ? null : reason(failure);
    }

    private static String reason(LibvirtException failure) {
        return failure instanceof CallTimeoutException
                ? "its agent did not answer within " + ANSWER.toSeconds() + " s"
                : String.valueOf(failure.getMessage());
    }

    private static @Nullable LibvirtException askAgent(Domain domain) {
        try {
            Waiting.await(new GuestCalls(within(domain, ANSWER).libvirt()).domainGetTime(domain.ref()));
            return null;
        } catch (CallTimeoutException e) {
            return e;
        } catch (RemoteException e) {
            // An agent that is not allowed to tell the time has answered as well.
            return isAgentsOwn(e) ? null : e;
        }
    }

    private void freeze() {
        int count;
        try {
            count = Waiting.await(within(domain, FREEZE).agent().freeze());
        } catch (CallTimeoutException e) {
            throw new BackupException(
                    "the guest did not freeze its file systems within " + FREEZE.toSeconds() + " s", e);
        } catch (RemoteException e) {
            if (e.is(ErrorCode.AGENT_UNRESPONSIVE) || e.is(ErrorCode.AGENT_UNSYNCED)) {
                throw e;
            }
            // An agent that fails at one file system thaws the others itself; one frozen by somebody else stays so.
            throw refused(String.valueOf(e.getMessage()), e);
        }
        if (count == 0) {
            throw new BackupException("the guest's agent found no file system to freeze: back up without --quiesce");
        }
    }

    /**
     * Not for longer than that.
     *
     * @param end when, on {@link System#nanoTime()}
     */
    private record Until(long end) implements Patience {
        @Override
        public <T> T await(CompletableFuture<T> asked) {
            long left = TimeUnit.NANOSECONDS.toSeconds(end - System.nanoTime()) + 1;
            try {
                return Waiting.await(
                        asked,
                        Duration.ofSeconds(Math.max(0, left)),
                        "the begin of the backup, with the guest frozen,");
            } finally {
                // One that is late is undone.
                asked.cancel(true);
            }
        }
    }

    private NotFrozenException refused(String reason, @Nullable Throwable cause) {
        return new NotFrozenException(
                "the guest's file systems cannot be frozen: " + reason
                        + ". Nothing was begun. Have qemu-guest-agent run in the guest, or back up without --quiesce",
                cause);
    }

    private static boolean isAgentsOwn(RemoteException e) {
        return e.is(ErrorCode.INTERNAL_ERROR)
                && String.valueOf(e.details().message()).contains("agent command");
    }

    private static Domain within(Domain domain, Duration deadline) {
        return Domain.of(domain.libvirt().with(CallOptions.within(deadline)), domain.ref());
    }

    /** A guest that certainly is not frozen by us. */
    private static final class NotFrozenException extends RefusedException {
        private static final long serialVersionUID = 1;

        NotFrozenException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
