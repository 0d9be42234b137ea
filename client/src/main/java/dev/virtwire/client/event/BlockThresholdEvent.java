// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.domain.Domain;
import org.jspecify.annotations.Nullable;

/**
 * A disk, or a backup's scratch, was written past the threshold set for it
 * ({@code VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD}); the threshold is thereby spent.
 *
 * @param domain the domain
 * @param device the disk's target, or {@code target[index]}
 * @param path the image's path on the host, or null
 * @param threshold the threshold, in bytes
 * @param excess bytes written past it
 */
public record BlockThresholdEvent(
        Domain domain, String device, @Nullable String path, long threshold, long excess) implements DomainEvent {}
