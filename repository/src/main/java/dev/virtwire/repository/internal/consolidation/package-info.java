// SPDX-License-Identifier: Apache-2.0
/**
 * Merges points that go into the next point that stays. What is said here of states is said exactly on
 * docs/format.md. Knows nothing of the rules by which points stay.
 */
@NullMarked
package dev.virtwire.repository.internal.consolidation;

import org.jspecify.annotations.NullMarked;
