// SPDX-License-Identifier: Apache-2.0
/**
 * What an NBD connection is made of, not for use from elsewhere. {@link dev.virtwire.nbd.internal.Negotiation} brings a
 * channel to the transmission phase; then {@link dev.virtwire.nbd.internal.PendingRequests} sends requests and keeps
 * what is pending, and {@link dev.virtwire.nbd.internal.ReplyReader} reads the replies, checks them against the
 * protocol and completes the {@link dev.virtwire.nbd.internal.Operation}s, while {@link
 * dev.virtwire.nbd.internal.Watchdog} looks out for silence.
 */
@NullMarked
package dev.virtwire.nbd.internal;

import org.jspecify.annotations.NullMarked;
