// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import dev.virtwire.nbd.NbdException;
import dev.virtwire.nbd.NbdRequest;
import dev.virtwire.nbd.NbdServerError;
import dev.virtwire.nbd.NbdUri;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a caller asked for, which goes onto the wire in one piece or several. The progress is guarded by the lock of
 * {@link PendingRequests}; the outcome is set by the reader thread alone.
 */
public abstract sealed class Operation<T> extends CompletableFuture<T> permits ReadOperation, StatusOperation {
    private final NbdRequest request;
    private final long pieceLimit;
    private long issued;
    private int outstanding;
    private @Nullable NbdServerError error;

    public Operation(NbdRequest request, long pieceLimit) {
        this.request = request;
        this.pieceLimit = pieceLimit;
    }

    /** Completes the future when every piece was answered without an error. */
    public abstract void completeWithResult();

    /**
     * A request cannot be taken back: until the server has answered, its reply may be written into the caller's buffer.
     *
     * @return false, always
     */
    @Override
    public final boolean cancel(boolean mayInterruptIfRunning) {
        return false;
    }

    /** As the caller made it. */
    public final NbdRequest request() {
        return request;
    }

    /** Whether no piece is left to send. */
    public final boolean isIssued() {
        return issued == request.length();
    }

    /** Puts the next piece into {@code slot}. */
    public final void issueTo(Slot slot) {
        long length = Math.min(pieceLimit, request.length() - issued);
        slot.assign(this, request.offset() + issued, length);
        issued += length;
        outstanding++;
    }

    /** Notes that a piece was answered; true when it was the last. */
    public final boolean pieceAnswered() {
        outstanding--;
        return outstanding == 0 && isIssued();
    }

    /** Notes the first error and issues no more pieces. */
    public final void failed(NbdServerError first) {
        if (error == null) {
            error = first;
        }
        issued = request.length();
    }

    /** Completes with the result, or with the server's error. Runs what the caller hung on the future. */
    public final void settle(NbdUri uri) {
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
