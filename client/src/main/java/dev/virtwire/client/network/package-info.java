// SPDX-License-Identifier: Apache-2.0
/**
 * Virtual networks, {@link dev.virtwire.client.network.Network}, and rules for what guests may send, {@link
 * dev.virtwire.client.network.NetworkFilter}.
 */
@NullMarked
package dev.virtwire.client.network;

import org.jspecify.annotations.NullMarked;
