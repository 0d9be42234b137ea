// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What a call opens beside its result: a stream, which is there from when the call is sent, for packets may overtake
 * the reply.
 */
public final class StreamOpening {
    final boolean sparse;

    /** Bytes that may wait to be read. */
    final int limit;

    final boolean alone;

    private volatile @Nullable RpcStream stream;

    /**
     * A stream that is still to be opened.
     *
     * @param sparse whether holes are allowed in it
     * @param limit bytes that may wait to be read
     * @param alone whether the connection serves this stream only: when more comes it is read no further; else the
     *     stream ends then
     */
    public StreamOpening(boolean sparse, int limit, boolean alone) {
        this.sparse = sparse;
        this.limit = limit;
        this.alone = alone;
    }

    /** The call has been sent. */
    void sent(RpcStream begun) {
        stream = begun;
    }

    /** The stream, once the reply has come. */
    public RpcStream stream() {
        return requireNonNull(stream, "the call was not sent");
    }

    /** Nobody will have the stream: it is aborted if it opens, or has. */
    public void abort() {
        RpcStream begun = stream;
        if (begun != null) {
            begun.abort();
        }
    }
}
