// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import dev.virtwire.nbd.NbdRequest;
import java.nio.ByteBuffer;

/** A read into the caller's buffer. */
public final class ReadOperation extends Operation<Void> {
    private static final byte[] ZEROS = new byte[16 * 1024];

    private final ByteBuffer destination;

    public ReadOperation(long offset, ByteBuffer destination, int pieceLimit) {
        super(new NbdRequest(NbdRequest.Command.READ, offset, destination.remaining()), pieceLimit);
        // A view of our own: the caller's position and limit stay as they are.
        this.destination = destination.slice();
    }

    @Override
    public void completeWithResult() {
        complete(null);
    }

    /** Where the bytes from {@code offset} of the export belong. Valid until the next call. */
    public ByteBuffer target(long offset, int length) {
        int start = (int) (offset - request().offset());
        return destination.limit(start + length).position(start);
    }

    /** Fills with zeros. */
    public void zero(long offset, int length) {
        ByteBuffer target = target(offset, length);
        while (target.hasRemaining()) {
            target.put(ZEROS, 0, Math.min(ZEROS.length, target.remaining()));
        }
    }
}
