// SPDX-License-Identifier: Apache-2.0
/** A domain's disks, and the jobs that work on them: {@link dev.virtwire.client.block.DomainDisk}. */
@NullMarked
package dev.virtwire.client.block;

import org.jspecify.annotations.NullMarked;
