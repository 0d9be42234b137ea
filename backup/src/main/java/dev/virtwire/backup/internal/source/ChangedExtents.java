// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.source;

import dev.virtwire.nbd.Extent;
import dev.virtwire.nbd.ExtentWalker;
import dev.virtwire.nbd.NbdReader;
import dev.virtwire.repository.internal.disk.SourceDisk;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A walk over what changed. Its cost goes with the changes, not with the disk: where nothing changed nobody asks what
 * is allocated, and where little changed reading it is cheaper than asking.
 */
final class ChangedExtents implements SourceDisk.Extents {
    /** From so many changed bytes in a row on, the host is asked which of them are zeros. */
    private static final long WORTH_ASKING = 4L << 20;

    private final ExtentWalker changes;
    private final @Nullable NbdReader allocation;
    private @Nullable ExtentWalker within;
    private boolean zero;
    private long end;

    /**
     * Over the disk behind two connections.
     *
     * @param changes has negotiated {@code bitmap}
     * @param allocation has negotiated the context of allocation; null where the server has none
     */
    ChangedExtents(NbdReader changes, String bitmap, @Nullable NbdReader allocation) {
        this.changes = ExtentWalker.over(changes, List.of(bitmap));
        this.allocation = allocation;
    }

    @Override
    public boolean next() {
        ExtentWalker walker = within;
        if (walker != null && walker.next()) {
            end = walker.offset() + walker.length();
            zero = (walker.flags(0) & Extent.ZERO) != 0;
            return true;
        }
        within = null;
        if (!changes.next()) {
            return false;
        }
        end = changes.offset() + changes.length();
        zero = false;
        if (allocation != null && isWorthAsking(allocation)) {
            within = ExtentWalker.over(allocation, NbdDisk.ALLOCATION, changes.offset(), changes.length());
            return next();
        }
        return true;
    }

    private boolean isWorthAsking(NbdReader connection) {
        // Questions have to be aligned; a range that is not is simply read.
        int block = connection.export().minimumBlockSize();
        return isChanged()
                && changes.length() >= WORTH_ASKING
                && changes.offset() % block == 0
                && changes.length() % block == 0;
    }

    @Override
    public long end() {
        return end;
    }

    @Override
    public boolean isZero() {
        return zero;
    }

    @Override
    public boolean isChanged() {
        return (changes.flags(0) & Extent.DIRTY) != 0;
    }
}
