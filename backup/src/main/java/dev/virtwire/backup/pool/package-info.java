// SPDX-License-Identifier: Apache-2.0
/** Restores into a storage pool of any host, by nothing but a libvirt connection. */
@NullMarked
package dev.virtwire.backup.pool;

import org.jspecify.annotations.NullMarked;
