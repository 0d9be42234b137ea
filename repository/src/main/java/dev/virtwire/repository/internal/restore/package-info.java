// SPDX-License-Identifier: Apache-2.0
/** Writes what a point holds to somewhere else. Nothing is written before its digest was compared. */
@NullMarked
package dev.virtwire.repository.internal.restore;

import org.jspecify.annotations.NullMarked;
