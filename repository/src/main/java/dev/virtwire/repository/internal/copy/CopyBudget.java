// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import dev.virtwire.repository.internal.work.BufferPool;
import dev.virtwire.repository.internal.work.RateLimit;

/**
 * What the copies of one backup may use.
 *
 * @param buffers the memory
 * @param rate the bandwidth, perhaps shared with other backups
 */
public record CopyBudget(BufferPool buffers, RateLimit rate) {
    /** A pool of its own, and no limit of the bandwidth. */
    public static CopyBudget ofOne() {
        return new CopyBudget(new BufferPool(BufferPool.DEFAULT), new RateLimit(RateLimit.NONE));
    }
}
