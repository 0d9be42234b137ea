// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.domain.Domain;

/** Something that happened to a domain. */
public sealed interface DomainEvent permits LifecycleEvent, JobCompletedEvent, BlockJobEvent, BlockThresholdEvent {
    /** The domain. */
    Domain domain();
}
