// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import dev.virtwire.nbd.NbdExport;
import dev.virtwire.nbd.NbdServerError;
import dev.virtwire.nbd.NbdUri;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;

/**
 * Reads replies and gives them to the requests that wait for them. Runs on the connection's reader thread. Whatever the
 * protocol forbids ends the connection with a sentence that says what it was.
 */
public final class ReplyReader {
    private static final int SIMPLE_BYTES = 16;
    private static final int STRUCTURED_BYTES = 20;
    private static final int EXTENDED_BYTES = 32;
    /** Unknown kinds of errors may carry more than a message. */
    private static final int MAX_UNKNOWN_ERROR = 64 * 1024;

    private final WireInput in;
    private final PendingRequests pending;
    private final NbdExport export;
    private final int[] contextIds;
    private final NbdUri uri;

    public ReplyReader(WireInput in, PendingRequests pending, NbdExport export, int[] contextIds, NbdUri uri) {
        this.in = in;
        this.pending = pending;
        this.export = export;
        this.contextIds = contextIds;
        this.uri = uri;
    }

    /** Reads one reply, or one chunk of one; completes the operation when that was the last of it. */
    public void readReply() throws IOException {
        switch (export.replies()) {
            case SIMPLE -> {
                in.beginMessage(SIMPLE_BYTES);
                requireMagic(Wire.SIMPLE_REPLY_MAGIC);
                readSimple();
            }
            case STRUCTURED -> {
                in.beginMessage(4);
                if (in.peekInt() == Wire.SIMPLE_REPLY_MAGIC) {
                    in.require(SIMPLE_BYTES);
                    requireMagic(Wire.SIMPLE_REPLY_MAGIC);
                    readSimple();
                } else {
                    requireMagic(Wire.STRUCTURED_REPLY_MAGIC);
                    in.require(STRUCTURED_BYTES - 4);
                    int flags = in.takeUnsignedShort();
                    int type = in.takeUnsignedShort();
                    Slot slot = slotOf(in.takeLong());
                    readChunk(slot, flags, type, Integer.toUnsignedLong(in.takeInt()));
                }
            }
            case EXTENDED -> {
                in.beginMessage(EXTENDED_BYTES);
                requireMagic(Wire.EXTENDED_REPLY_MAGIC);
                int flags = in.takeUnsignedShort();
                int type = in.takeUnsignedShort();
                Slot slot = slotOf(in.takeLong());
                long offset = in.takeLong();
                if (offset != slot.offset()) {
                    throw WireException.protocol("the reply to the " + slot + " says that it is for offset "
                            + Long.toUnsignedString(offset));
                }
                readChunk(slot, flags, type, in.takeLong());
            }
        }
    }

    private void requireMagic(int expected) throws IOException {
        int magic = in.takeInt();
        if (magic != expected) {
            throw WireException.protocol(
                    String.format("a reply begins with 0x%08x instead of 0x%08x", magic, expected));
        }
    }

    private Slot slotOf(long cookie) throws IOException {
        Slot slot = pending.find(cookie);
        if (slot == null) {
            throw WireException.protocol(
                    String.format("a reply has cookie 0x%x, which no pending request has", cookie));
        }
        return slot;
    }

    private void readSimple() throws IOException {
        int error = in.takeInt();
        Slot slot = slotOf(in.takeLong());
        Operation<?> operation = operationIn(slot);
        if (operation instanceof ReadOperation && export.replies() != NbdExport.Replies.SIMPLE) {
            throw WireException.protocol("a simple reply to the " + slot + " where chunks were negotiated");
        }
        if (error != 0) {
            pending.failed(slot, operation, new NbdServerError(error, "", OptionalLong.empty()));
        } else if (operation instanceof ReadOperation read) {
            in.readInto(read.target(slot.offset(), (int) slot.length()));
            slot.coverage().add(slot.offset(), slot.offset() + slot.length());
        }
        finish(slot, operation);
    }

    private static Operation<?> operationIn(Slot slot) {
        Operation<?> operation = slot.operation();
        if (operation == null) {
            throw new IllegalStateException("slot " + slot.index() + " is empty");
        }
        return operation;
    }

    private void readChunk(Slot slot, int flags, int type, long length) throws IOException {
        Operation<?> operation = operationIn(slot);
        boolean done = (flags & Wire.REPLY_FLAG_DONE) != 0;
        if ((type & 0x8000) != 0) {
            readError(slot, operation, type, length);
        } else if (type == Wire.REPLY_NONE) {
            requireLength(slot, type, length, length == 0);
            if (!done) {
                throw WireException.protocol("an empty chunk in the reply to the " + slot + " is not marked as last");
            }
        } else if (type == Wire.REPLY_OFFSET_DATA && operation instanceof ReadOperation read) {
            readData(slot, read, length);
        } else if (type == Wire.REPLY_OFFSET_HOLE && operation instanceof ReadOperation read) {
            readHole(slot, read, length);
        } else if (type == statusType() && operation instanceof StatusOperation status) {
            readStatus(slot, status, length);
        } else {
            throw WireException.protocol("a chunk of type " + type + " in the reply to the " + slot);
        }
        if (done) {
            finish(slot, operation);
        }
    }

    private int statusType() {
        return export.extendedHeaders() ? Wire.REPLY_BLOCK_STATUS_EXT : Wire.REPLY_BLOCK_STATUS;
    }

    private static void requireLength(Slot slot, int type, long length, boolean valid) throws IOException {
        if (!valid) {
            throw WireException.protocol("a chunk of type " + type + " and " + Long.toUnsignedString(length)
                    + " bytes in the reply to the " + slot);
        }
    }

    private void readData(Slot slot, ReadOperation read, long length) throws IOException {
        requireLength(slot, Wire.REPLY_OFFSET_DATA, length, length > 8 && length - 8 <= slot.length());
        in.require(8);
        long offset = in.takeLong();
        int bytes = (int) (length - 8);
        cover(slot, offset, bytes);
        in.readInto(read.target(offset, bytes));
    }

    private void readHole(Slot slot, ReadOperation read, long length) throws IOException {
        requireLength(slot, Wire.REPLY_OFFSET_HOLE, length, length == 12);
        in.require(12);
        long offset = in.takeLong();
        long bytes = Integer.toUnsignedLong(in.takeInt());
        if (bytes == 0) {
            throw WireException.protocol("a hole of 0 bytes in the reply to the " + slot);
        }
        cover(slot, offset, bytes);
        read.zero(offset, (int) bytes);
    }

    private static void cover(Slot slot, long offset, long bytes) throws IOException {
        boolean inside =
                offset >= slot.offset() && bytes <= slot.length() && offset - slot.offset() <= slot.length() - bytes;
        if (!inside) {
            throw WireException.protocol("a chunk of " + bytes + " bytes at offset " + Long.toUnsignedString(offset)
                    + " in the reply to the " + slot);
        }
        if (!slot.coverage().add(offset, offset + bytes)) {
            throw WireException.protocol("a chunk of " + bytes + " bytes at offset " + offset
                    + " overlaps an earlier one in the reply to the " + slot);
        }
    }

    private void readStatus(Slot slot, StatusOperation status, long length) throws IOException {
        int header = export.extendedHeaders() ? 8 : 4;
        int each = export.extendedHeaders() ? 16 : 8;
        long descriptors = length - header;
        requireLength(
                slot,
                statusType(),
                length,
                descriptors > 0 && descriptors % each == 0 && descriptors / each <= Wire.MAX_EXTENTS);
        int count = (int) (descriptors / each);
        in.require(header);
        int context = contextOf(slot, in.takeInt());
        if (status.has(context)) {
            throw WireException.protocol(
                    "the context " + export.metaContexts().get(context) + " comes twice in the reply to the " + slot);
        }
        if (export.extendedHeaders()) {
            int stated = in.takeInt();
            if (stated != count) {
                throw WireException.protocol("a chunk with " + count + " extents says that it has "
                        + Integer.toUnsignedString(stated) + " in the reply to the " + slot);
            }
        }
        ExtentCollector extents = new ExtentCollector(slot.offset(), export.size());
        for (int left = count; left > 0; left--) {
            in.require(each, left * each);
            long extent = export.extendedHeaders() ? in.takeLong() : Integer.toUnsignedLong(in.takeInt());
            long flags = export.extendedHeaders() ? in.takeLong() : Integer.toUnsignedLong(in.takeInt());
            if (extent == 0) {
                throw WireException.protocol("an extent of 0 bytes in the reply to the " + slot);
            }
            extents.add(extent, flags);
        }
        status.put(context, extents.build());
    }

    private int contextOf(Slot slot, int id) throws IOException {
        for (int i = 0; i < contextIds.length; i++) {
            if (contextIds[i] == id) {
                return i;
            }
        }
        throw WireException.protocol(
                "context id " + Integer.toUnsignedString(id) + ", never negotiated, in the reply to the " + slot);
    }

    private void readError(Slot slot, Operation<?> operation, int type, long length) throws IOException {
        boolean hasOffset = type == Wire.REPLY_ERROR_OFFSET;
        int fixed = hasOffset ? 14 : 6;
        boolean known = hasOffset || type == Wire.REPLY_ERROR;
        int limit = known ? fixed + Wire.MAX_STRING : MAX_UNKNOWN_ERROR;
        requireLength(slot, type, length, length >= fixed && length <= limit);
        in.require(6);
        int code = in.takeInt();
        int textBytes = in.takeUnsignedShort();
        if (code == 0) {
            throw WireException.protocol("an error chunk without an error in the reply to the " + slot);
        }
        if (textBytes > length - fixed) {
            throw WireException.protocol("an error chunk of " + length + " bytes says that its text has " + textBytes
                    + " in the reply to the " + slot);
        }
        String text = in.readText(textBytes);
        int rest = (int) length - 6 - textBytes;
        OptionalLong at = OptionalLong.empty();
        if (hasOffset) {
            in.require(8);
            long offset = in.takeLong();
            rest -= 8;
            if (offset < slot.offset() || offset - slot.offset() >= slot.length()) {
                throw WireException.protocol(
                        "an error at offset " + Long.toUnsignedString(offset) + " in the reply to the " + slot);
            }
            at = OptionalLong.of(offset);
        }
        in.skip(rest);
        pending.failed(slot, operation, new NbdServerError(code, text, at));
    }

    private void finish(Slot slot, Operation<?> operation) throws IOException {
        if (!slot.hasFailed()) {
            requireComplete(slot, operation);
        }
        boolean complete = pending.answered(slot, operation);
        try {
            pending.sendWaiting();
        } finally {
            if (complete) {
                settle(operation);
            }
        }
    }

    private void requireComplete(Slot slot, Operation<?> operation) throws IOException {
        if (operation instanceof StatusOperation status) {
            List<String> contexts = export.metaContexts();
            for (int i = 0; i < contexts.size(); i++) {
                if (!status.has(i)) {
                    throw WireException.protocol(
                            "no extents of the context " + contexts.get(i) + " in the reply to the " + slot);
                }
            }
        } else if (slot.coverage().covered() != slot.length()) {
            throw WireException.protocol("the reply to the " + slot + " ended after "
                    + slot.coverage().covered() + " of its bytes");
        }
    }

    private void settle(Operation<?> operation) {
        operation.settle(uri);
        // What the caller hung on the future may have left an interrupt behind, which would close the channel.
        boolean unused = Thread.interrupted();
    }

    /** Completes what was pending when the connection ended. */
    public void settleAll(Failure failure) {
        for (Operation<?> operation : pending.end(failure)) {
            operation.completeExceptionally(failure.forRequest(uri, operation.request()));
        }
    }
}
