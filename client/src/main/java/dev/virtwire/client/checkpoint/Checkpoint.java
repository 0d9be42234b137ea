// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.checkpoint;

import dev.virtwire.client.ProtocolException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.CheckpointCalls;
import dev.virtwire.protocol.remote.CheckpointChildrenFlags;
import dev.virtwire.protocol.remote.CheckpointDeleteFlags;
import dev.virtwire.protocol.remote.CheckpointRef;
import dev.virtwire.protocol.remote.CheckpointXmlFlags;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A checkpoint of a domain: a moment since which changed blocks are known. Holds no state; every call asks the server.
 *
 * @since 0.1
 */
public final class Checkpoint {
    private final Domain domain;
    private final CheckpointRef ref;

    private Checkpoint(Domain domain, CheckpointRef ref) {
        this.domain = domain;
        this.ref = ref;
    }

    /** The checkpoint that a reference of the protocol names; nothing is asked. */
    public static Checkpoint of(Domain domain, CheckpointRef ref) {
        return new Checkpoint(domain, ref);
    }

    /** The domain. */
    public Domain domain() {
        return domain;
    }

    /** The name. */
    public String name() {
        return ref.name();
    }

    /** The description, as XML ({@code virDomainCheckpointGetXMLDesc}). */
    public CompletableFuture<String> xml(CheckpointXmlFlags... flags) {
        return calls().domainCheckpointGetXmlDesc(ref, Set.of(flags)).thenApply(result -> result.xml());
    }

    /**
     * As {@link #xml}, parsed, without the domain's configuration that the XML holds: to redefine a checkpoint, send
     * the XML as it is.
     */
    public CompletableFuture<CheckpointSpec> description(CheckpointXmlFlags... flags) {
        return xml(flags).thenApply(this::parse);
    }

    private CheckpointSpec parse(String xml) {
        try {
            return CheckpointSpec.parse(xml);
        } catch (IllegalArgumentException e) {
            throw new ProtocolException(
                    "the checkpoint %s on %s: %s"
                            .formatted(this, domain.libvirt().uri().where(), e.getMessage()),
                    e);
        }
    }

    /** The checkpoint before it ({@code virDomainCheckpointGetParent}); fails with
     * {@link ErrorCode#NO_DOMAIN_CHECKPOINT} if it is the first. */
    public CompletableFuture<Checkpoint> parent() {
        return calls().domainCheckpointGetParent(ref).thenApply(result -> of(domain, result.parent()));
    }

    /** Those after it ({@code virDomainCheckpointListAllChildren}). */
    public CompletableFuture<List<Checkpoint>> children(CheckpointChildrenFlags... flags) {
        return calls().domainCheckpointListAllChildren(ref, 1, Set.of(flags))
                .thenApply(result -> result.checkpoints().stream()
                        .map(found -> of(domain, found))
                        .toList());
    }

    /**
     * Deletes it ({@code virDomainCheckpointDelete}); the blocks changed since count for the one before from now on.
     */
    public CompletableFuture<Void> delete(CheckpointDeleteFlags... flags) {
        return calls().domainCheckpointDelete(ref, Set.of(flags));
    }

    /** Name and domain. */
    @Override
    public String toString() {
        return name() + " of " + domain.name();
    }

    private CheckpointCalls calls() {
        return new CheckpointCalls(domain.libvirt());
    }
}
