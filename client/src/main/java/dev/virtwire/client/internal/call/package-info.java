// SPDX-License-Identifier: Apache-2.0
/**
 * Calls on one connection: {@code Connection} owns the channel, {@code CallTable} every call that is not settled yet.
 * All state lives on the connection's event loop; user code never runs there.
 */
@NullMarked
package dev.virtwire.client.internal.call;

import org.jspecify.annotations.NullMarked;
