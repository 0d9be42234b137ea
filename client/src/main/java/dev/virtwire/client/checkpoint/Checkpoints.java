// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.checkpoint;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.CheckpointCalls;
import dev.virtwire.protocol.remote.CheckpointCreateFlags;
import dev.virtwire.protocol.remote.CheckpointListFlags;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The checkpoints of a domain. {@link Domain#checkpoints()} gives it; it holds no state.
 *
 * @since 0.1
 */
public final class Checkpoints {
    private final Domain domain;

    private Checkpoints(Domain domain) {
        this.domain = domain;
    }

    /** Those of a domain; nothing is asked. */
    public static Checkpoints of(Domain domain) {
        return new Checkpoints(domain);
    }

    /** The checkpoints ({@code virDomainListAllCheckpoints}). */
    public CompletableFuture<List<Checkpoint>> list(CheckpointListFlags... flags) {
        return calls().domainListAllCheckpoints(domain.ref(), 1, Set.of(flags))
                .thenApply(result -> result.checkpoints().stream()
                        .map(found -> Checkpoint.of(domain, found))
                        .toList());
    }

    /**
     * The checkpoint of that name ({@code virDomainCheckpointLookupByName}); fails with
     * {@link ErrorCode#NO_DOMAIN_CHECKPOINT} if the domain has no such checkpoint.
     */
    public CompletableFuture<Checkpoint> find(String name) {
        return calls().domainCheckpointLookupByName(domain.ref(), name)
                .thenApply(result -> Checkpoint.of(domain, result.checkpoint()));
    }

    /** Makes a checkpoint now, or with {@link CheckpointCreateFlags#REDEFINE} one that the host has forgotten. */
    public CompletableFuture<Checkpoint> create(CheckpointSpec checkpoint, CheckpointCreateFlags... flags) {
        return create(checkpoint.toXml(), flags);
    }

    /** As {@link #create(CheckpointSpec, CheckpointCreateFlags...)} ({@code virDomainCheckpointCreateXML}). */
    public CompletableFuture<Checkpoint> create(String xml, CheckpointCreateFlags... flags) {
        return calls().domainCheckpointCreateXml(domain.ref(), xml, Set.of(flags))
                .thenApply(result -> Checkpoint.of(domain, result.checkpoint()));
    }

    private CheckpointCalls calls() {
        return new CheckpointCalls(domain.libvirt());
    }
}
