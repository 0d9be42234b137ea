// SPDX-License-Identifier: Apache-2.0
/**
 * Calls. {@code Session} is what all else speaks through, and outlives channels if it may; {@code CallTable} owns every
 * {@code Call} that is not settled; {@code Connection} is the handler of one channel. All state lives on the session's
 * event loop; user code runs by {@code Callbacks}.
 */
@NullMarked
package dev.virtwire.client.internal.call;

import org.jspecify.annotations.NullMarked;
