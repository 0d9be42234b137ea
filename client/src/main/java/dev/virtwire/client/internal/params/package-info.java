// SPDX-License-Identifier: Apache-2.0
/**
 * How typed parameters are asked for: in two steps if libvirt wants that, and with strings if the server has
 * them.
 */
@NullMarked
package dev.virtwire.client.internal.params;

import org.jspecify.annotations.NullMarked;
