// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import dev.virtwire.nbd.Peer.Request;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** The statuses of an export of tens of GiB in some contexts, and a server that reports them in arbitrary cuts. */
final class StatusModel {
    private static final long CELL = 1L << 26;
    private static final int CELLS = 700;

    private final Random random;
    private final long[][] flags;

    StatusModel(long seed, int contexts) {
        random = new Random(seed);
        flags = new long[contexts][CELLS];
        for (long[] context : flags) {
            for (int i = 1; i < CELLS; i++) {
                context[i] = random.nextInt(4) > 0 ? context[i - 1] : random.nextInt(4);
            }
        }
    }

    /** Not a multiple of anything. */
    long size() {
        return CELL * CELLS - 1234;
    }

    /** What a walk over all contexts has to find. */
    List<String> merged() {
        List<String> runs = new ArrayList<>();
        int start = 0;
        for (int i = 1; i <= CELLS; i++) {
            if (i == CELLS || flags[0][i] != flags[0][i - 1] || flags[1][i] != flags[1][i - 1]) {
                long end = Math.min(size(), i * CELL);
                runs.add(start * CELL + "+" + (end - start * CELL) + " " + flags[0][start] + " " + flags[1][start]);
                start = i;
            }
        }
        return runs;
    }

    /** Answers block status requests until the client takes leave. */
    void serve(Peer peer) throws IOException {
        while (true) {
            Request request;
            try {
                request = peer.request();
            } catch (EOFException e) {
                return;
            }
            if (request.type() == 2) {
                return;
            }
            for (int context = 0; context < flags.length; context++) {
                boolean last = context == flags.length - 1;
                peer.status(request, last ? Peer.DONE : 0, 100 + context, cut(request, flags[context]));
            }
        }
    }

    private long[] cut(Request request, long[] context) {
        long wanted =
                switch (random.nextInt(3)) {
                    case 0 -> request.length();
                    case 1 -> 1 + (long) (random.nextDouble() * request.length());
                    default -> request.length() + (long) (random.nextDouble() * CELL * 20);
                };
        List<Long> extents = new ArrayList<>();
        long at = request.offset();
        long end = Math.min(size(), request.offset() + wanted);
        while (at < end) {
            int cell = (int) (at / CELL);
            int next = cell + 1;
            while (next < CELLS && context[next] == context[cell] && random.nextInt(50) > 0) {
                next++;
            }
            // The last extent may reach beyond what was asked for, as far as the server pleases.
            long extentEnd = Math.min(size(), next * CELL);
            if (random.nextBoolean()) {
                extentEnd = Math.min(extentEnd, Math.max(end, at + 1));
            }
            extents.add(Math.min(extentEnd - at, 0xffff_ffffL));
            extents.add(context[cell]);
            at += extents.get(extents.size() - 2);
        }
        return extents.stream().mapToLong(Long::longValue).toArray();
    }
}
