// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.clearing;

import dev.virtwire.backup.RecoverReport;
import dev.virtwire.backup.internal.host.Reasons;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryBusyException;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.work.ProgressMeter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Clears after every run that died, in every domain that nobody writes right now. What ran on other hosts than the
 * caller's stays: a URI in the repository is never followed, because others may write there.
 */
public final class Recovery {
    private final RepositoryStore repository;
    private final Supplier<Libvirt> connect;
    private final ProgressMeter meter;
    private @Nullable Libvirt libvirt;
    private @Nullable String unreachable;
    private final List<String> done = new ArrayList<>();
    private final List<String> left = new ArrayList<>();
    private final List<String> busy = new ArrayList<>();

    /** Of {@code repository}; {@code connect} makes a connection to the host, once, when something of it is found. */
    public Recovery(RepositoryStore repository, Supplier<Libvirt> connect, ProgressListener listener) {
        this.repository = repository;
        this.connect = connect;
        this.meter = new ProgressMeter(listener, 0, 0);
    }

    /** Clears; see {@link dev.virtwire.backup.Backups#recover}. */
    public RecoverReport run() {
        meter.phase(Progress.Phase.CLEANING_UP);
        try {
            for (DomainStore domain : repository.domainStores()) {
                try {
                    recover(domain);
                } catch (RuntimeException e) {
                    left.add("domain " + domain.name() + ": " + Reasons.of(e));
                }
            }
            meter.last(Progress.Phase.DONE);
            return new RecoverReport(done, left, busy);
        } finally {
            if (libvirt != null) {
                libvirt.close();
            }
        }
    }

    private void recover(DomainStore store) {
        DomainLock lock;
        try {
            lock = store.lock();
        } catch (RepositoryBusyException e) {
            busy.add(String.valueOf(e.getMessage()));
            return;
        }
        Leftovers leftovers = new Leftovers(store);
        try {
            List<String> unreadable = new ArrayList<>();
            for (JournalEntry entry : store.journal().entries(e -> unreadable.add(String.valueOf(e.getMessage())))) {
                try {
                    recover(leftovers, entry);
                } catch (RuntimeException e) {
                    leftovers.left().add("what point " + entry.point() + " left: " + Reasons.of(e));
                }
            }
            if (unreadable.isEmpty()) {
                leftovers.clearUnknown();
            }
            leftovers.left().addAll(unreadable);
        } finally {
            done.addAll(leftovers.done());
            left.addAll(leftovers.left());
            lock.close();
        }
    }

    private void recover(Leftovers leftovers, JournalEntry entry) {
        if (libvirt == null && unreachable == null) {
            try {
                libvirt = connect.get();
            } catch (LibvirtException e) {
                unreachable = String.valueOf(e.getMessage());
            }
        }
        if (libvirt == null) {
            leftovers.leave(entry, String.valueOf(unreachable));
        } else {
            leftovers.clearIfItRanThere(entry, libvirt);
        }
    }
}
