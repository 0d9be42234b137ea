// SPDX-License-Identifier: Apache-2.0
/**
 * What a run notes beside a point that it makes, so that another can resume it: enough to finish it without the
 * first.
 */
@NullMarked
package dev.virtwire.repository.internal.unfinished;

import org.jspecify.annotations.NullMarked;
