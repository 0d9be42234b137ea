// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.protocol.remote.DomainEventType;
import java.util.Optional;

/**
 * A domain was defined, started, stopped and the like ({@code VIR_DOMAIN_EVENT_ID_LIFECYCLE}).
 *
 * @param domain the domain
 * @param typeNumber what happened, as libvirt's number
 * @param detail why, by a number whose meaning depends on what happened
 */
public record LifecycleEvent(Domain domain, int typeNumber, int detail) implements DomainEvent {
    /** What happened; empty where a newer server sends what this client does not know. */
    public Optional<DomainEventType> type() {
        return DomainEventType.of(typeNumber);
    }
}
