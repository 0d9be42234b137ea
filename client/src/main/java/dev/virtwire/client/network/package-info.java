// SPDX-License-Identifier: Apache-2.0
/** Virtual networks: {@link dev.virtwire.client.network.Network}. */
@NullMarked
package dev.virtwire.client.network;

import org.jspecify.annotations.NullMarked;
