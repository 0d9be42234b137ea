// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a caller asked for, which goes onto the wire in one piece or several. The progress is guarded by the lock of
 * {@link PendingRequests}; the outcome is set by the reader thread alone.
 */
abstract sealed class Operation<T> extends CompletableFuture<T> permits ReadOperation, StatusOperation {
    final NbdRequest request;
    private final long pieceLimit;
    private long issued;
    private int outstanding;
    private @Nullable NbdServerError error;

    Operation(NbdRequest request, long pieceLimit) {
        this.request = request;
        this.pieceLimit = pieceLimit;
    }

    /** Completes the future when every piece was answered without an error. */
    abstract void completeWithResult();

    /**
     * A request cannot be taken back: until the server has answered, its reply may be written into the caller's buffer.
     *
     * @return false, always
     */
    @Override
    public final boolean cancel(boolean mayInterruptIfRunning) {
        return false;
    }

    final boolean isIssued() {
        return issued == request.length();
    }

    /** Puts the next piece into {@code slot}. */
    final void issueTo(Slot slot) {
        long length = Math.min(pieceLimit, request.length() - issued);
        slot.assign(this, request.offset() + issued, length);
        issued += length;
        outstanding++;
    }

    /** Notes that a piece was answered; true when it was the last. */
    final boolean pieceAnswered() {
        outstanding--;
        return outstanding == 0 && isIssued();
    }

    /** Notes the first error and issues no more pieces. */
    final void failed(NbdServerError first) {
        if (error == null) {
            error = first;
        }
        issued = request.length();
    }

    /** Completes with the result, or with the server's error. Runs what the caller hung on the future. */
    final void settle(NbdUri uri) {
        if (error == null) {
            try {
                completeWithResult();
            } catch (RuntimeException | Error e) {
                // Out of memory, at worst: nobody else knows of this operation any more.
                completeExceptionally(e);
                throw e;
            }
        } else {
            completeExceptionally(
                    new NbdException(NbdException.Kind.SERVER, uri, request, error, "the server says " + error, null));
        }
    }
}
