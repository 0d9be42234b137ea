// SPDX-License-Identifier: Apache-2.0
/**
 * How a stream works inside a connection: packets on the wire, what waits to be read and to be sent, and the states
 * between opening and end. Knows a connection only as {@link dev.virtwire.client.internal.stream.StreamLink}.
 */
@NullMarked
package dev.virtwire.client.internal.stream;

import org.jspecify.annotations.NullMarked;
