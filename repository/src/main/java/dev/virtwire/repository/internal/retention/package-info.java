// SPDX-License-Identifier: Apache-2.0
/** Decides which points stay, and removes the others. */
@NullMarked
package dev.virtwire.repository.internal.retention;

import org.jspecify.annotations.NullMarked;
