// SPDX-License-Identifier: Apache-2.0
/** Snapshots, states of a domain to go back to: {@link dev.virtwire.client.snapshot.Snapshot}. */
@NullMarked
package dev.virtwire.client.snapshot;

import org.jspecify.annotations.NullMarked;
