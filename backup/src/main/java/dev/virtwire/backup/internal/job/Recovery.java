// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.RecoverReport;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Clears after every run that died, in every domain that nobody writes right now. */
public final class Recovery {
    private final RepositoryStore repository;
    private final Function<String, Libvirt> connect;
    private final ProgressMeter meter;
    private final Map<String, Libvirt> connections = new HashMap<>();
    private final Map<String, String> unreachable = new HashMap<>();
    private final List<String> done = new ArrayList<>();
    private final List<String> left = new ArrayList<>();
    private final List<String> busy = new ArrayList<>();

    /** Of {@code repository}; {@code connect} makes a connection to a URI that the journal holds. */
    public Recovery(RepositoryStore repository, Function<String, Libvirt> connect, ProgressListener listener) {
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
            connections.values().forEach(Libvirt::close);
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
        String uri = entry.host().uri();
        if (!connections.containsKey(uri) && !unreachable.containsKey(uri)) {
            try {
                connections.put(uri, connect.apply(uri));
            } catch (LibvirtException e) {
                unreachable.put(uri, String.valueOf(e.getMessage()));
            }
        }
        Libvirt libvirt = connections.get(uri);
        if (libvirt == null) {
            leftovers.clearHereOnly(entry, String.valueOf(unreachable.get(uri)));
        } else {
            leftovers.clearWhereItRan(entry, libvirt);
        }
    }
}
