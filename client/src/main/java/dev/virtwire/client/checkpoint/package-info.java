// SPDX-License-Identifier: Apache-2.0
/**
 * libvirt's checkpoints, the points in time since which a disk's changes are tracked: what to make
 * ({@link dev.virtwire.client.checkpoint.CheckpointSpec}) and what there is
 * ({@link dev.virtwire.client.checkpoint.Checkpoint}).
 */
@NullMarked
package dev.virtwire.client.checkpoint;

import org.jspecify.annotations.NullMarked;
