// SPDX-License-Identifier: Apache-2.0
/**
 * Typed parameters, libvirt's lists of named values that say which type they have. They are how libvirt's calls grow: a
 * newer server sends names that this client does not know, and they can still be read. A type that is not one of
 * the seven cannot be, because nothing on the wire says how long its value is: such a reply fails with
 * {@link dev.virtwire.client.ProtocolException}.
 */
@NullMarked
package dev.virtwire.client.params;

import org.jspecify.annotations.NullMarked;
