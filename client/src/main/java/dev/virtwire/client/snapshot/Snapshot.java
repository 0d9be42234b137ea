// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.snapshot;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.DomainSnapshotGetXmlDescResult;
import dev.virtwire.protocol.remote.DomainSnapshotRef;
import dev.virtwire.protocol.remote.SnapshotCalls;
import dev.virtwire.protocol.remote.SnapshotChildrenFlags;
import dev.virtwire.protocol.remote.SnapshotDeleteFlags;
import dev.virtwire.protocol.remote.SnapshotRevertFlags;
import dev.virtwire.protocol.remote.SnapshotXmlFlags;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot of a domain: a state to go back to. Two of these are equal if domain and name are. Holds no state;
 * every call asks the server.
 *
 * @since 0.1
 */
public final class Snapshot {
    private final Domain domain;
    private final DomainSnapshotRef ref;

    private Snapshot(Domain domain, DomainSnapshotRef ref) {
        this.domain = domain;
        this.ref = ref;
    }

    /** The snapshot that a reference of the protocol names; nothing is asked. */
    public static Snapshot of(Domain domain, DomainSnapshotRef ref) {
        return new Snapshot(domain, ref);
    }

    /** The domain. */
    public Domain domain() {
        return domain;
    }

    /** The reference that names the snapshot in the protocol. */
    public DomainSnapshotRef ref() {
        return ref;
    }

    /** The name, unique in the domain. */
    public String name() {
        return ref.name();
    }

    /** The description, as XML ({@code virDomainSnapshotGetXMLDesc}). */
    public CompletableFuture<String> xml(SnapshotXmlFlags... flags) {
        return calls().domainSnapshotGetXmlDesc(ref, Set.of(flags)).thenApply(DomainSnapshotGetXmlDescResult::xml);
    }

    /** The snapshot before it ({@code virDomainSnapshotGetParent}); fails with
     * {@link ErrorCode#NO_DOMAIN_SNAPSHOT} if it is the first. */
    public CompletableFuture<Snapshot> parent() {
        return calls().domainSnapshotGetParent(ref).thenApply(result -> of(domain, result.snapshot()));
    }

    /** Those after it ({@code virDomainSnapshotListAllChildren}). */
    public CompletableFuture<List<Snapshot>> children(SnapshotChildrenFlags... flags) {
        return calls().domainSnapshotListAllChildren(ref, 1, Set.of(flags))
                .thenApply(result -> result.snapshots().stream()
                        .map(found -> of(domain, found))
                        .toList());
    }

    /** Whether it is the one that the domain builds on ({@code virDomainSnapshotIsCurrent}). */
    public CompletableFuture<Boolean> isCurrent() {
        return calls().domainSnapshotIsCurrent(ref).thenApply(result -> result.current() != 0);
    }

    /** Whether libvirt keeps a record of it that goes with the domain ({@code virDomainSnapshotHasMetadata}). */
    public CompletableFuture<Boolean> hasMetadata() {
        return calls().domainSnapshotHasMetadata(ref).thenApply(result -> result.metadata() != 0);
    }

    /**
     * Takes the domain back to it ({@code virDomainRevertToSnapshot}); what came after is lost unless kept in another
     * one.
     */
    public CompletableFuture<Void> revert(SnapshotRevertFlags... flags) {
        return calls().domainRevertToSnapshot(ref, Set.of(flags));
    }

    /** Deletes it ({@code virDomainSnapshotDelete}); the domain stays as it is. */
    public CompletableFuture<Void> delete(SnapshotDeleteFlags... flags) {
        return calls().domainSnapshotDelete(ref, Set.of(flags));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Snapshot snapshot
                && snapshot.domain.equals(domain)
                && snapshot.name().equals(name());
    }

    @Override
    public int hashCode() {
        return Objects.hash(domain, name());
    }

    /** Name and domain. */
    @Override
    public String toString() {
        return name() + " of " + domain.name();
    }

    private SnapshotCalls calls() {
        return new SnapshotCalls(domain.libvirt());
    }
}
