// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import dev.virtwire.repository.internal.copy.CopyBudget;
import dev.virtwire.repository.internal.copy.DiskCopy;
import dev.virtwire.repository.internal.work.RateLimit;
import org.jspecify.annotations.Nullable;

/**
 * Memory and bandwidth for the backups that are given the same object, all of them together. Safe for use by several
 * threads.
 *
 * @since 0.1
 */
public final class TransferLimits {
    /** No limit of the bandwidth. */
    public static final long UNLIMITED = RateLimit.NONE;

    private static final int LEAST_BUFFERS = 4;

    private final DiskCopy.Buffers buffers;
    private final int share;
    private final @Nullable RateLimit rate;

    private TransferLimits(DiskCopy.Buffers buffers, int share, @Nullable RateLimit rate) {
        this.buffers = buffers;
        this.share = share;
        this.rate = rate;
    }

    /**
     * For so many backups at a time. Their buffers take 32 MiB of direct memory together, or 4 MiB each if that is
     * more; none can take another's share.
     *
     * @param backups how many are made at the same time, at least 1
     * @param bytesPerSecond how much all of them read from the host, or {@link #UNLIMITED}
     * @throws BackupException if a number makes no sense
     */
    public static TransferLimits of(int backups, long bytesPerSecond) {
        if (backups < 1) {
            throw new BackupException("at least one backup is made at a time, not " + backups);
        }
        if (bytesPerSecond < 0) {
            throw new BackupException("a bandwidth of " + bytesPerSecond + " bytes a second");
        }
        int share = Math.max(LEAST_BUFFERS, DiskCopy.Buffers.DEFAULT / backups);
        int all = Math.max(DiskCopy.Buffers.DEFAULT, Math.multiplyExact(share, backups));
        return new TransferLimits(
                new DiskCopy.Buffers(all), share, bytesPerSecond == UNLIMITED ? null : new RateLimit(bytesPerSecond));
    }

    /** What one of the backups may use. */
    CopyBudget budget() {
        return new CopyBudget(buffers.part(share), rate);
    }
}
