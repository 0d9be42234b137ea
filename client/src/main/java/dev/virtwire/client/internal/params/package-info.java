// SPDX-License-Identifier: Apache-2.0
/** Typed parameters, libvirt's lists of named values, as plain Java values. */
@NullMarked
package dev.virtwire.client.internal.params;

import org.jspecify.annotations.NullMarked;
