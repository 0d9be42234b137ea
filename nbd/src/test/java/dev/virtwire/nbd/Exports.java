// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Reads whole exports as a backup does, and what nbdinfo says of them. */
final class Exports {
    private static final int PIECE = 256 * 1024;

    private Exports() {}

    /** Everything, by several connections with 16 requests each, each request sent from the completion of another. */
    static byte[] read(NbdUri uri, NbdOptions options, int connections) throws Exception {
        List<NbdConnection> open = new ArrayList<>();
        try {
            for (int i = 0; i < connections; i++) {
                open.add(NbdConnection.open(uri.address(), uri.exportName(), options));
            }
            byte[] content = new byte[Math.toIntExact(open.get(0).export().size())];
            AtomicLong next = new AtomicLong();
            List<CompletableFuture<Void>> readers = new ArrayList<>();
            for (NbdConnection connection : open) {
                for (int i = 0; i < options.maxInFlight(); i++) {
                    readers.add(readOn(connection, next, ByteBuffer.allocateDirect(PIECE), content));
                }
            }
            for (CompletableFuture<Void> reader : readers) {
                reader.get(60, TimeUnit.SECONDS);
            }
            return content;
        } finally {
            open.forEach(NbdConnection::close);
        }
    }

    private static CompletableFuture<Void> readOn(
            NbdConnection connection, AtomicLong next, ByteBuffer buffer, byte[] content) {
        long offset = next.getAndAdd(PIECE);
        if (offset >= content.length) {
            return CompletableFuture.completedFuture(null);
        }
        buffer.clear().limit((int) Math.min(PIECE, content.length - offset));
        return connection.read(offset, buffer).thenCompose(done -> {
            buffer.get(content, (int) offset, buffer.remaining());
            return readOn(connection, next, buffer, content);
        });
    }

    /** The extents of one context as a walk finds them. */
    static List<Extent> walk(NbdConnection connection, String context) {
        List<Extent> extents = new ArrayList<>();
        ExtentWalker walker = ExtentWalker.over(connection, List.of(context));
        while (walker.next()) {
            extents.add(new Extent(walker.offset(), walker.length(), walker.flags(0)));
        }
        return extents;
    }

    /** The extents of one context as nbdinfo finds them. */
    static List<Extent> nbdinfoMap(NbdUri uri, String context) {
        List<Extent> extents = new ArrayList<>();
        for (String line :
                Servers.run("nbdinfo", "--map=" + context, uri.toString()).split("\n")) {
            if (line.isBlank()) {
                continue;
            }
            String[] columns = line.strip().split("\\s+");
            long offset = Long.parseLong(columns[0]);
            long length = Long.parseLong(columns[1]);
            long flags = Long.parseLong(columns[2]);
            Extent last = extents.isEmpty() ? null : extents.get(extents.size() - 1);
            if (last != null && last.flags() == flags) {
                extents.set(extents.size() - 1, new Extent(last.offset(), last.length() + length, flags));
            } else {
                extents.add(new Extent(offset, length, flags));
            }
        }
        return extents;
    }
}
