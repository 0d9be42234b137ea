// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.protocol.remote.BlockJobStatus;
import dev.virtwire.client.protocol.remote.BlockJobType;
import java.util.Optional;

/**
 * The job of one disk ended or changed ({@code VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2}).
 *
 * @param domain the domain
 * @param disk the disk's target, such as {@code vda}
 * @param typeNumber the kind of job, as libvirt's number
 * @param statusNumber how it stands, as libvirt's number
 */
public record BlockJobEvent(Domain domain, String disk, int typeNumber, int statusNumber) implements DomainEvent {
    /** The kind of job; empty where this client does not know it. */
    public Optional<BlockJobType> type() {
        return BlockJobType.of(typeNumber);
    }

    /** How it stands; empty where this client does not know it. */
    public Optional<BlockJobStatus> status() {
        return BlockJobStatus.of(statusNumber);
    }
}
