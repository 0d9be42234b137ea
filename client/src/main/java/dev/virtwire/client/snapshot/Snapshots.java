// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.snapshot;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.SnapshotCalls;
import dev.virtwire.protocol.remote.SnapshotCreateFlags;
import dev.virtwire.protocol.remote.SnapshotListFlags;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The snapshots of a domain. {@link Domain#snapshots()} gives it; it holds no state.
 *
 * @since 0.1
 */
public final class Snapshots {
    private final Domain domain;

    private Snapshots(Domain domain) {
        this.domain = domain;
    }

    /** Those of a domain; nothing is asked. */
    public static Snapshots of(Domain domain) {
        return new Snapshots(domain);
    }

    /** The snapshots ({@code virDomainListAllSnapshots}). */
    public CompletableFuture<List<Snapshot>> list(SnapshotListFlags... flags) {
        return calls().domainListAllSnapshots(domain.ref(), 1, Set.of(flags))
                .thenApply(result -> result.snapshots().stream()
                        .map(found -> Snapshot.of(domain, found))
                        .toList());
    }

    /**
     * The snapshot of that name ({@code virDomainSnapshotLookupByName}); fails with
     * {@link ErrorCode#NO_DOMAIN_SNAPSHOT} if the domain has no such snapshot.
     */
    public CompletableFuture<Snapshot> find(String name) {
        return calls().domainSnapshotLookupByName(domain.ref(), name)
                .thenApply(result -> Snapshot.of(domain, result.snapshot()));
    }

    /** The snapshot that the domain builds on ({@code virDomainSnapshotCurrent}); empty if it builds on no snapshot. */
    public CompletableFuture<Optional<Snapshot>> current() {
        return calls().domainHasCurrentSnapshot(domain.ref())
                .thenCompose(has -> has.result() == 0
                        ? CompletableFuture.completedFuture(Optional.empty())
                        : calls().domainSnapshotCurrent(domain.ref())
                                .thenApply(result -> Optional.of(Snapshot.of(domain, result.snapshot()))));
    }

    /**
     * Takes a snapshot ({@code virDomainSnapshotCreateXML}).
     *
     * @param xml a {@code <domainsnapshot>}
     */
    public CompletableFuture<Snapshot> create(String xml, SnapshotCreateFlags... flags) {
        return calls().domainSnapshotCreateXml(domain.ref(), xml, Set.of(flags))
                .thenApply(result -> Snapshot.of(domain, result.snapshot()));
    }

    private SnapshotCalls calls() {
        return new SnapshotCalls(domain.libvirt());
    }
}
