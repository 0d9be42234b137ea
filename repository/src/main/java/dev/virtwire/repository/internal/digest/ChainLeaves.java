// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import java.io.IOException;
import java.util.List;

/**
 * The leaves of a disk over all that it builds on: of each block those of the first digest file that does not inherit
 * it.
 */
public final class ChainLeaves implements Leaves {
    private final List<Leaves> layers;
    /** Up to which leaf each layer above the present one inherits; never more than those above it. */
    private final long[] inherited;

    private int depth;
    private Leaves at;
    private long end;

    private ChainLeaves(List<Leaves> layers) {
        this.layers = List.copyOf(layers);
        this.inherited = new long[layers.size()];
        this.at = layers.get(0);
    }

    /** Leaves of a disk whose digest files have these, topmost first. */
    public static Leaves of(List<Leaves> layers) {
        for (Leaves layer : layers) {
            if (layer.count() != layers.get(0).count()) {
                throw new IllegalArgumentException(
                        "a disk of " + layers.get(0).count() + " blocks over one of " + layer.count());
            }
        }
        return layers.size() == 1 ? layers.get(0) : new ChainLeaves(layers);
    }

    @Override
    public long count() {
        return at.count();
    }

    /** A loop, since a chain may have thousands of layers; those that inherit are asked once for all that they do. */
    @Override
    public void seek(long index) throws IOException {
        while (depth > 0 && inherited[depth - 1] <= index) {
            depth--;
        }
        while (true) {
            Leaves layer = layers.get(depth);
            layer.seek(index);
            at = layer;
            end = depth == 0 ? layer.end() : Math.min(layer.end(), inherited[depth - 1]);
            if (layer.kind() != LeafKind.INHERITED || depth + 1 == layers.size()) {
                return;
            }
            inherited[depth] = end;
            depth++;
        }
    }

    @Override
    public LeafKind kind() {
        return at.kind();
    }

    @Override
    public long end() {
        return end;
    }

    @Override
    public void digest(byte[] target) throws IOException {
        at.digest(target);
    }
}
