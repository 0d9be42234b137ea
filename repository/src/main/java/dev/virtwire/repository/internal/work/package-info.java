// SPDX-License-Identifier: Apache-2.0
/**
 * What everything that reads or writes much has in common: threads, memory, bandwidth, progress. Knows blocks and their
 * digests, and nothing of points.
 */
@NullMarked
package dev.virtwire.repository.internal.work;

import org.jspecify.annotations.NullMarked;
