// SPDX-License-Identifier: Apache-2.0
/** Event subscriptions: who hears which of the server's messages, with bounded buffers and back-pressure. */
@NullMarked
package dev.virtwire.client.internal.event;

import org.jspecify.annotations.NullMarked;
