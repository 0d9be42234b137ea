// SPDX-License-Identifier: Apache-2.0
/** The host of a connection, libvirt's word for which is node: {@link dev.virtwire.client.node.Node}. */
@NullMarked
package dev.virtwire.client.node;

import org.jspecify.annotations.NullMarked;
