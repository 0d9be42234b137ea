// SPDX-License-Identifier: Apache-2.0
/**
 * What happens to domains, as {@link java.util.concurrent.Flow.Publisher}s of typed events: see
 * {@link dev.virtwire.client.event.DomainEventKind}.
 */
@NullMarked
package dev.virtwire.client.event;

import org.jspecify.annotations.NullMarked;
