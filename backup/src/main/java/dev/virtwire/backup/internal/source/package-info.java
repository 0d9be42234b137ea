// SPDX-License-Identifier: Apache-2.0
/** A guest's disk behind an NBD export, as a source to copy from. */
@NullMarked
package dev.virtwire.backup.internal.source;

import org.jspecify.annotations.NullMarked;
