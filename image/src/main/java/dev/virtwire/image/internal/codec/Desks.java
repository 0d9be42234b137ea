// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.codec;

import dev.virtwire.image.Compression;
import java.util.HashMap;
import java.util.Map;

/**
 * The desks of an image, or of all images of a chain: one for each thread that decompresses, whatever the number of
 * images. Safe for several threads.
 */
public final class Desks {
    private record Kind(int clusterSize, Compression compression) {}

    private final Map<Kind, Pool<Desk>> pools = new HashMap<>();
    private int users;

    /** Those for one kind of clusters; {@link #close} must follow. */
    synchronized Pool<Desk> open(int clusterSize, Compression compression) {
        users++;
        return pools.computeIfAbsent(
                new Kind(clusterSize, compression),
                kind -> new Pool<>(
                        () -> new Desk(clusterSize, clusterSize + Decompressor.SECTOR, ClusterCodec.of(compression))));
    }

    /** One user less. The last one frees the desks. */
    synchronized void close() {
        users--;
        if (users == 0) {
            pools.values().forEach(Pool::close);
            pools.clear();
        }
    }
}
