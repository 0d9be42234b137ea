// SPDX-License-Identifier: Apache-2.0
/** The ways to a server: from a URI to an open Netty channel, and the event loops that channels run on. */
@NullMarked
package dev.virtwire.client.internal.transport;

import org.jspecify.annotations.NullMarked;
