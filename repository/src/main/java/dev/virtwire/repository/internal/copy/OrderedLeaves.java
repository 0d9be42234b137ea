// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import dev.virtwire.repository.internal.digest.DigestFileWriter;
import dev.virtwire.repository.internal.digest.LeafKind;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Gives a disk's leaves to the digest file in their order, although blocks finish in any. As many wait as blocks are in
 * flight. Places are taken by one thread; they are filled by any.
 */
final class OrderedLeaves {
    /** A place in the order: one block whose digest is to come, or a run that is known. */
    static final class Place {
        private final LeafKind kind;
        private long count;
        private byte @Nullable [] digest;

        private Place(LeafKind kind, long count) {
            this.kind = kind;
            this.count = count;
        }
    }

    private final DigestFileWriter writer;
    private final Deque<Place> waiting = new ArrayDeque<>();

    OrderedLeaves(DigestFileWriter writer) {
        this.writer = writer;
    }

    /** The next block, whose digest is to come. */
    synchronized Place block() {
        Place place = new Place(LeafKind.DATA, 1);
        waiting.addLast(place);
        return place;
    }

    /** The next {@code count} blocks are zeros, or inherited. */
    synchronized void run(LeafKind kind, long count) throws IOException {
        Place last = waiting.peekLast();
        if (last != null && last.kind == kind) {
            last.count += count;
        } else {
            waiting.addLast(new Place(kind, count));
        }
        drain();
    }

    /** The digest of a block. */
    synchronized void fill(Place place, byte[] digest) throws IOException {
        place.digest = digest;
        drain();
    }

    private void drain() throws IOException {
        Place first = waiting.peekFirst();
        while (first != null) {
            if (first.kind == LeafKind.ZERO) {
                writer.zeros(first.count);
            } else if (first.kind == LeafKind.INHERITED) {
                writer.inherited(first.count);
            } else if (first.digest != null) {
                writer.leaf(first.digest);
            } else {
                return;
            }
            waiting.removeFirst();
            first = waiting.peekFirst();
        }
    }
}
