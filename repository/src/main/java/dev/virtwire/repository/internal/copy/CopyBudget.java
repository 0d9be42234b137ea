// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import dev.virtwire.repository.internal.work.RateLimit;
import org.jspecify.annotations.Nullable;

/**
 * What the copies of one backup may use.
 *
 * @param buffers the memory
 * @param rate the bandwidth, perhaps shared with other backups; null for no limit
 */
public record CopyBudget(DiskCopy.Buffers buffers, @Nullable RateLimit rate) {
    /** A pool of its own, and no limit of the bandwidth. */
    public static CopyBudget ofOne() {
        return new CopyBudget(new DiskCopy.Buffers(DiskCopy.Buffers.DEFAULT), null);
    }
}
