// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import org.jspecify.annotations.Nullable;

/** A request on the wire. Slots are used again and again, so that requests make no garbage. */
final class Slot {
    final int index;
    final Coverage coverage = new Coverage();
    private @Nullable Operation<?> operation;
    private long cookie;
    private long offset;
    private long length;
    private boolean failed;

    Slot(int index) {
        this.index = index;
    }

    void assign(Operation<?> newOperation, long newOffset, long newLength) {
        operation = newOperation;
        offset = newOffset;
        length = newLength;
        failed = false;
        coverage.reset();
    }

    void setCookie(long newCookie) {
        cookie = newCookie;
    }

    void clear() {
        operation = null;
    }

    boolean isAnsweredBy(long replyCookie) {
        return operation != null && cookie == replyCookie;
    }

    @Nullable
    Operation<?> operation() {
        return operation;
    }

    long cookie() {
        return cookie;
    }

    long offset() {
        return offset;
    }

    long length() {
        return length;
    }

    /** Whether an error was among the chunks of the reply. */
    boolean hasFailed() {
        return failed;
    }

    void setFailed() {
        failed = true;
    }

    @Override
    public String toString() {
        Operation<?> current = operation;
        return (current == null ? "nothing" : current.request.command()) + " of " + length + " bytes at offset "
                + offset;
    }
}
