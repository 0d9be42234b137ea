// SPDX-License-Identifier: Apache-2.0
/** Writes disks of a point as images of their own, each block compared with its digest before it is written. */
@NullMarked
package dev.virtwire.backup.internal.restore;

import org.jspecify.annotations.NullMarked;
