// SPDX-License-Identifier: Apache-2.0
/**
 * What happens on a host, as {@link java.util.concurrent.Flow.Publisher}s of typed events. {@link
 * dev.virtwire.client.event.EventKind} says what there is to subscribe to, {@link dev.virtwire.client.event.Event} what
 * comes.
 */
@NullMarked
package dev.virtwire.client.event;

import org.jspecify.annotations.NullMarked;
