// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import dev.virtwire.nbd.NbdExport;
import java.io.IOException;
import java.util.List;

/** Collects what a server tells of an export in reply to NBD_OPT_GO. */
public final class ExportInfo {
    private static final int MAX_MINIMUM_BLOCK = 64 * 1024;

    private boolean known;
    private long size;
    private int flags;
    // What the protocol assumes if the server says nothing.
    private int minimumBlock = 1;
    private int preferredBlock = 4096;
    private long maximumPayload = Wire.MAX_READ;

    /** Reads a reply of type NBD_REP_INFO. */
    public void read(OptionReply reply, WireInput in) throws IOException {
        reply.requireLength(2, Integer.MAX_VALUE);
        in.require(2);
        int kind = in.takeUnsignedShort();
        if (kind == Wire.INFO_EXPORT) {
            reply.requireLength(12, 12);
            in.require(10);
            size = in.takeLong();
            flags = in.takeUnsignedShort();
            known = true;
            if (size < 0) {
                throw WireException.protocol("the export has " + Long.toUnsignedString(size) + " bytes");
            }
        } else if (kind == Wire.INFO_BLOCK_SIZE) {
            reply.requireLength(14, 14);
            in.require(12);
            minimumBlock = in.takeInt();
            preferredBlock = in.takeInt();
            maximumPayload = Integer.toUnsignedLong(in.takeInt());
            requireSensibleSizes();
        } else {
            in.skip(reply.length() - 2);
        }
    }

    private void requireSensibleSizes() throws WireException {
        boolean sensible = Integer.bitCount(minimumBlock) == 1
                && minimumBlock > 0
                && minimumBlock <= MAX_MINIMUM_BLOCK
                && Integer.bitCount(preferredBlock) == 1
                && preferredBlock >= minimumBlock
                && maximumPayload >= minimumBlock;
        if (!sensible) {
            throw WireException.protocol("its block sizes are " + Integer.toUnsignedString(minimumBlock) + " minimum, "
                    + Integer.toUnsignedString(preferredBlock) + " preferred, " + maximumPayload + " maximum");
        }
    }

    /** The server has agreed: it must have told the size. */
    public void requireComplete() throws WireException {
        if (!known) {
            throw WireException.protocol("it agreed to NBD_OPT_GO without telling the size of the export");
        }
    }

    public NbdExport toExport(String name, List<String> contexts, NbdExport.Replies replies) {
        long maximum = Math.min(maximumPayload, Wire.MAX_READ);
        int maximumRead = (int) (maximum - maximum % minimumBlock);
        return new NbdExport(name, size, flags, minimumBlock, preferredBlock, maximumRead, contexts, replies);
    }
}
