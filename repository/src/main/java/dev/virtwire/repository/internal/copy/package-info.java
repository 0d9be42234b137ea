// SPDX-License-Identifier: Apache-2.0
/**
 * Copies a disk from an NBD export into an image, and computes its digests on the way. One coordinating thread walks
 * the disk and asks for data, NBD's reader threads fill buffers, workers hash and write them. Memory is bounded by the
 * number of buffers, whatever the disk's size.
 */
@NullMarked
package dev.virtwire.repository.internal.copy;

import org.jspecify.annotations.NullMarked;
