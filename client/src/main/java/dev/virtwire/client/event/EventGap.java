// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.LibvirtException;
import java.time.Instant;

/**
 * A time without a connection, in which events may have been missed: look at the state itself.
 *
 * @param lost when this side noticed that the connection was lost; the last event may have come some time before
 * @param resumed when the subscription stood again
 * @param cause why the connection was lost
 * @since 0.1
 */
public record EventGap(Instant lost, Instant resumed, LibvirtException cause) {}
