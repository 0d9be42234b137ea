// SPDX-License-Identifier: Apache-2.0
/**
 * A disk of a point with all that it builds on, and the one reader of its content, which gives nothing that its digest
 * does not fit.
 */
@NullMarked
package dev.virtwire.repository.internal.chain;

import org.jspecify.annotations.NullMarked;
