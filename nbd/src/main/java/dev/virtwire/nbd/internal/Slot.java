// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import org.jspecify.annotations.Nullable;

/** A request on the wire. Slots are used again and again, so that requests make no garbage. */
public final class Slot {
    private final int index;
    private final Coverage coverage = new Coverage();
    private @Nullable Operation<?> operation;
    private long cookie;
    private long offset;
    private long length;
    private boolean failed;

    public Slot(int index) {
        this.index = index;
    }

    public void assign(Operation<?> newOperation, long newOffset, long newLength) {
        operation = newOperation;
        offset = newOffset;
        length = newLength;
        failed = false;
        coverage.reset();
    }

    public void setCookie(long newCookie) {
        cookie = newCookie;
    }

    public void clear() {
        operation = null;
    }

    public boolean isAnsweredBy(long replyCookie) {
        return operation != null && cookie == replyCookie;
    }

    @Nullable
    public Operation<?> operation() {
        return operation;
    }

    public int index() {
        return index;
    }

    /** Which bytes of a read have come. */
    public Coverage coverage() {
        return coverage;
    }

    public long cookie() {
        return cookie;
    }

    public long offset() {
        return offset;
    }

    public long length() {
        return length;
    }

    /** Whether an error was among the chunks of the reply. */
    public boolean hasFailed() {
        return failed;
    }

    public void setFailed() {
        failed = true;
    }

    @Override
    public String toString() {
        Operation<?> current = operation;
        return (current == null ? "nothing" : current.request().command()) + " of " + length + " bytes at offset "
                + offset;
    }
}
