// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import dev.virtwire.nbd.Peer.Request;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Answers reads in chunks of any size, in any order, mingled with one another; every fourth 4 KiB are a hole. */
final class ArbitraryServer {
    private record Chunk(Request request, long offset, int length) {}

    private final Peer peer;
    private final Random random;
    private final List<Request> open = new ArrayList<>();
    private final List<Chunk> chunks = new ArrayList<>();

    ArbitraryServer(Peer peer, Random random) {
        this.peer = peer;
        this.random = random;
    }

    static byte[] contentWithHoles(long offset, int length) {
        byte[] content = Peer.content(offset, length);
        for (int i = 0; i < length; i++) {
            if (isHole(offset + i)) {
                content[i] = 0;
            }
        }
        return content;
    }

    private static boolean isHole(long offset) {
        return (offset >> 12) % 4 == 0;
    }

    /** Answers that many reads. */
    void serve(int reads) throws IOException {
        int taken = 0;
        while (taken < reads || !open.isEmpty()) {
            if (open.isEmpty() || (taken < reads && peer.hasInput() && random.nextInt(3) == 0)) {
                Request request = peer.request();
                open.add(request);
                split(request);
                taken++;
            } else {
                sendOne();
            }
        }
    }

    private void split(Request request) {
        long end = request.offset() + request.length();
        for (long at = request.offset(); at < end; ) {
            // A hole and data never share a chunk.
            long limit = Math.min(end, ((at >> 12) + 1) << 12);
            int length = (int) (random.nextBoolean() ? limit - at : 1 + random.nextInt((int) (limit - at)));
            chunks.add(new Chunk(request, at, length));
            at += length;
        }
    }

    private void sendOne() throws IOException {
        Chunk chunk = chunks.remove(random.nextInt(chunks.size()));
        boolean last = chunks.stream().noneMatch(other -> other.request() == chunk.request());
        boolean doneApart = last && random.nextBoolean();
        int flags = last && !doneApart ? Peer.DONE : 0;
        if (isHole(chunk.offset()) && random.nextInt(4) > 0) {
            peer.hole(chunk.request(), flags, chunk.offset(), chunk.length());
        } else {
            peer.data(chunk.request(), flags, chunk.offset(), contentWithHoles(chunk.offset(), chunk.length()));
        }
        if (doneApart) {
            peer.none(chunk.request());
        }
        if (last) {
            open.remove(chunk.request());
        }
    }
}
