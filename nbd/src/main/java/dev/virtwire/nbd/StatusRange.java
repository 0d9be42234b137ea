// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import dev.virtwire.nbd.internal.Wire;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which ranges of an export can be asked for. */
final class StatusRange {
    private StatusRange() {}

    /** The longest block status request that is sent, in bytes; a multiple of every block size. */
    static long longest(NbdExport export) {
        return export.extendedHeaders() ? Long.MAX_VALUE : Wire.MAX_STATUS;
    }

    /** Why a range cannot be asked for, or null. */
    static @Nullable String objection(NbdExport export, long offset, long length) {
        long size = export.size();
        if (offset < 0 || length < 0 || offset > size || length > size - offset) {
            return "the range is not within the export's " + size + " bytes";
        }
        int block = export.minimumBlockSize();
        if (offset % block != 0 || (length % block != 0 && offset + length != size)) {
            return "the range is not aligned to the server's minimum block size, " + block;
        }
        return null;
    }

    /** Objects to a walk that cannot be made. */
    static void require(NbdReader reader, List<String> contexts, long offset, long length) {
        String objection =
                contexts.isEmpty() ? "no meta context was named" : objection(reader.export(), offset, length);
        for (String context : contexts) {
            if (!reader.export().metaContexts().contains(context)) {
                objection = "the context " + context + " was not negotiated";
            }
        }
        if (objection != null) {
            throw failure(NbdException.Kind.INVALID, reader, offset, length, objection);
        }
    }

    /** A block status that ends within the block that was asked for: asking again would never end. */
    static NbdException noProgress(NbdReader reader, long offset, long length) {
        return failure(
                NbdException.Kind.PROTOCOL,
                reader,
                offset,
                length,
                "the server broke the protocol: its extents end within a block");
    }

    private static NbdException failure(
            NbdException.Kind kind, NbdReader reader, long offset, long length, String text) {
        return new NbdException(
                kind, reader.uri(), new NbdRequest(NbdRequest.Command.BLOCK_STATUS, offset, length), null, text, null);
    }
}
